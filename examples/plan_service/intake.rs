//! Requests for jobs: JSON that names a folder of layers, or files that are uploaded with it.

use crate::job::{Ask, Place, Wishes};
use crate::refusal::Refusal;
use crate::service::Service;
use crate::store::Incoming;
use axum::body::Bytes;
use axum::extract::multipart::{Field, Multipart};
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use evengrid::io::Format;
use evengrid::recipe::{Draft, LayerMap, LayerSource, Recipe};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::path::{Component, Path};
use tokio::io::AsyncWriteExt;

/// Most bytes of a text that is held in memory: a body of JSON, a recipe.
const TEXT: usize = 1 << 20;
/// Layers there are; one may lie in several files by kind of geometry.
const LAYERS: [&str; 10] = ["admin", "study_area", "roads", "water", "rail", "households", "landuse", "pois", "base_stations", "locks"];
const KINDS: [&str; 3] = ["_points", "_lines", "_areas"];
/// What lies beside a shapefile.
const BESIDE: [&str; 4] = [".shx", ".dbf", ".prj", ".cpg"];

/// What a job is wanted for.
#[derive(Clone, Copy)]
pub enum Wanted {
    Draw,
    Check(u64),
    Rebalance(u64),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Drawing {
    recipe: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Checking {}

/// What a request says.
pub struct Body {
    said: Map<String, Value>,
    /// Whether it came with layers.
    uploaded: bool,
}

/// Reads a request; what is uploaded goes into the folder of the job.
pub async fn receive(incoming: &Incoming, request: Request) -> Result<Body, Refusal> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "application/json" => {
            let bytes = Bytes::from_request(request, &()).await.map_err(|e| Refusal::new(e.status(), e.body_text()))?;
            if bytes.len() > TEXT {
                return Err(Refusal::large(format!("JSON of more than {TEXT} bytes; upload files as multipart/form-data")));
            }
            let said = serde_json::from_slice(&bytes).map_err(|e| Refusal::bad(format!("no valid JSON: {e}")))?;
            Ok(Body { said, uploaded: false })
        }
        "multipart/form-data" => {
            let parts = Multipart::from_request(request, &()).await.map_err(|e| Refusal::new(e.status(), e.body_text()))?;
            upload(parts, &incoming.layers()).await
        }
        other => {
            let error = format!("content type '{other}'; send application/json or multipart/form-data");
            Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, error))
        }
    }
}

/// Keeps the files of an upload; its other parts come back as they would stand in JSON.
async fn upload(mut parts: Multipart, folder: &Path) -> Result<Body, Refusal> {
    let mut body = Body { said: Map::new(), uploaded: false };
    while let Some(mut part) = parts.next_field().await? {
        let name = part.name().unwrap_or_default().to_string();
        let fresh = match (name.as_str(), part.file_name().map(str::to_string)) {
            ("layers", Some(file)) => {
                if !is_layer_file(&file) {
                    let error = format!("'{file}' is no layer; send files such as households.geojson, roads.geojson.gz, admin.gpkg");
                    return Err(Refusal::unfit(error));
                }
                tokio::fs::create_dir_all(folder).await?;
                body.uploaded = true;
                keep(&mut part, &folder.join(&file)).await?
            }
            ("recipe" | "layers", _) => body.said.insert(name.clone(), text(&mut part).await?.into()).is_none(),
            ("options", _) => {
                let options: Map<String, Value> =
                    serde_json::from_str(&text(&mut part).await?).map_err(|e| Refusal::bad(format!("part 'options': {e}")))?;
                let before = body.said.len() + options.len();
                body.said.extend(options);
                body.said.len() == before
            }
            (other, _) => return Err(Refusal::bad(format!("part '{other}'; parts are layers, recipe and options"))),
        };
        if !fresh {
            return Err(Refusal::bad(format!("part '{name}' says something for the second time")));
        }
    }
    Ok(body)
}

/// Writes a part to disk; false where the file is there already.
async fn keep(part: &mut Field<'_>, path: &Path) -> Result<bool, Refusal> {
    let mut file = match tokio::fs::File::create_new(path).await {
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => return Ok(false),
        file => file?,
    };
    while let Some(bytes) = part.chunk().await? {
        file.write_all(&bytes).await?;
    }
    file.sync_all().await?;
    Ok(true)
}

async fn text(part: &mut Field<'_>) -> Result<String, Refusal> {
    let mut bytes = Vec::new();
    while let Some(more) = part.chunk().await? {
        bytes.extend_from_slice(&more);
        if bytes.len() > TEXT {
            return Err(Refusal::large(format!("a part of text has more than {TEXT} bytes")));
        }
    }
    String::from_utf8(bytes).map_err(|_| Refusal::bad("a part of text is not UTF-8"))
}

/// A name that a layer is found by, which therefore leads nowhere else.
fn is_layer_file(name: &str) -> bool {
    let beside = BESIDE.iter().find_map(|ending| name.strip_suffix(ending));
    let stem = beside.or(Format::of(name).map(|_| Format::stem(name))).unwrap_or_default();
    let layer = KINDS.iter().find_map(|kind| stem.strip_suffix(kind)).unwrap_or(stem);
    name.starts_with(stem) && LAYERS.contains(&layer) && name.bytes().all(|b| b.is_ascii_lowercase() || b"._".contains(&b))
}

/// The job of that id that a request asks for.
pub fn ask(service: &Service, wanted: Wanted, body: Body, id: u64) -> Result<Ask, Refusal> {
    let Body { mut said, uploaded } = body;
    let layers = match (said.remove("layers"), uploaded) {
        (None, true) => Some(Place::Uploaded(id)),
        (None, false) => None,
        (Some(Value::String(name)), false) => {
            service.root_of(&name)?;
            Some(Place::Root(name))
        }
        (Some(_), false) => return Err(Refusal::bad("layers: give the name of a folder")),
        (Some(_), true) => return Err(Refusal::bad("either upload layers or name a folder of them")),
    };
    let needed = || layers.clone().ok_or_else(|| Refusal::unfit("no layers; upload some or name a folder of them"));
    match wanted {
        Wanted::Draw => {
            let Drawing { recipe } = parse(said)?;
            check_recipe(Draft::from_toml(&recipe)?.build()?)?;
            Ok(Ask::Draw { layers: needed()?, recipe })
        }
        Wanted::Check(plan) => {
            let Checking {} = parse(said)?;
            let drawn = service.done_plan(plan)?;
            Ok(Ask::Check { plan, layers: layers.unwrap_or_else(|| drawn.ask.layers().clone()) })
        }
        Wanted::Rebalance(plan) => {
            let wishes: Wishes = parse(said)?;
            // the rest of the recipe is that of the plan, which was checked
            wishes.recipe(Draft::default())?;
            Ok(Ask::Rebalance { plan, layers: needed()?, wishes })
        }
    }
}

fn parse<T: serde::de::DeserializeOwned>(said: Map<String, Value>) -> Result<T, Refusal> {
    serde_json::from_value(said.into()).map_err(|e| Refusal::bad(e.to_string()))
}

/// Refuses a recipe that names files outside the folder of layers.
fn check_recipe(recipe: Recipe) -> Result<(), Refusal> {
    let LayerMap { admin, study_area, roads, water, rail, households, landuse, pois, base_stations, locks } = &recipe.layers;
    let files = |source: &'_ LayerSource| [Some(source.file.clone()), source.join.as_ref().map(|j| j.file.clone())];
    let sources = [admin, study_area, roads, water, rail, households, landuse, pois, base_stations, locks];
    match sources.into_iter().flat_map(files).flatten().find(|file| !is_plain(file)) {
        Some(file) => Err(Refusal::unfit(format!("the recipe names the file '{file}'; only files in the folder of layers are read"))),
        None => Ok(()),
    }
}

/// A name of something in a folder, and not of a way elsewhere.
fn is_plain(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(only)), None) if only == name) && !name.contains(['\\', ':', '\0'])
}
