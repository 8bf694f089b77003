//! Requests for jobs: JSON that names a folder of layers, or files that are uploaded with it.

use crate::job::{Ask, Place, Wishes};
use crate::refusal::Refusal;
use crate::service::Service;
use crate::store::Incoming;
use axum::body::Bytes;
use axum::extract::multipart::{Field, Multipart};
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use evengrid::io::{Format, KINDS, plan_read};
use evengrid::recipe::{Draft, Recipe};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::path::{Component, Path};
use std::time::Duration;
use tokio::io::AsyncWriteExt;

/// Most bytes of a text that is held in memory: a body of JSON, a recipe.
const TEXT: usize = 1 << 20;
/// Most bytes of a name of a file.
const NAME: usize = 255;
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
    /// Names of the files that came with it.
    uploaded: Vec<String>,
}

/// How long something may take to arrive.
#[derive(Clone, Copy)]
pub struct Patience(pub Duration);

impl Patience {
    pub async fn with<T>(self, arriving: impl Future<Output = T>) -> Result<T, Refusal> {
        tokio::time::timeout(self.0, arriving).await.map_err(|_| Refusal::late())
    }
}

/// Reads a request; what is uploaded goes into the folder of the job.
pub async fn receive(incoming: &Incoming, request: Request, patience: Patience) -> Result<Body, Refusal> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "application/json" => {
            let bytes = patience.with(Bytes::from_request(request, &())).await?;
            let bytes = bytes.map_err(|e| Refusal::new(e.status(), e.body_text()))?;
            if bytes.len() > TEXT {
                return Err(Refusal::large(format!("JSON of more than {TEXT} bytes; upload files as multipart/form-data")));
            }
            let said = serde_json::from_slice(&bytes).map_err(|e| Refusal::bad(format!("no valid JSON: {e}")))?;
            Ok(Body { said, uploaded: Vec::new() })
        }
        "multipart/form-data" => {
            let parts = Multipart::from_request(request, &()).await.map_err(|e| Refusal::new(e.status(), e.body_text()))?;
            upload(parts, &incoming.layers(), patience).await
        }
        other => {
            let error = format!("content type '{other}'; send application/json or multipart/form-data");
            Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, error))
        }
    }
}

/// Keeps the files of an upload; its other parts come back as they would stand in JSON.
async fn upload(mut parts: Multipart, folder: &Path, patience: Patience) -> Result<Body, Refusal> {
    let mut body = Body { said: Map::new(), uploaded: Vec::new() };
    while let Some(mut part) = patience.with(parts.next_field()).await?? {
        let name = part.name().unwrap_or_default().to_string();
        let fresh = match (name.as_str(), part.file_name().map(str::to_string)) {
            ("layers", Some(file)) => {
                if !is_plain(&file) {
                    return Err(Refusal::unfit(format!("'{file}' is no plain name of a file")));
                }
                tokio::fs::create_dir_all(folder).await?;
                let fresh = keep(&mut part, &folder.join(&file), patience).await?;
                body.uploaded.push(file);
                fresh
            }
            ("recipe" | "layers", _) => body.said.insert(name.clone(), text(&mut part, patience).await?.into()).is_none(),
            ("options", _) => {
                let text = text(&mut part, patience).await?;
                let options: Map<String, Value> = serde_json::from_str(&text).map_err(|e| Refusal::bad(format!("part 'options': {e}")))?;
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
async fn keep(part: &mut Field<'_>, path: &Path, patience: Patience) -> Result<bool, Refusal> {
    let mut file = match tokio::fs::File::create_new(path).await {
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => return Ok(false),
        file => file?,
    };
    while let Some(bytes) = patience.with(part.chunk()).await?? {
        file.write_all(&bytes).await?;
    }
    file.sync_all().await?;
    Ok(true)
}

async fn text(part: &mut Field<'_>, patience: Patience) -> Result<String, Refusal> {
    let mut bytes = Vec::new();
    while let Some(more) = patience.with(part.chunk()).await?? {
        bytes.extend_from_slice(&more);
        if bytes.len() > TEXT {
            return Err(Refusal::large(format!("a part of text has more than {TEXT} bytes")));
        }
    }
    String::from_utf8(bytes).map_err(|_| Refusal::bad("a part of text is not UTF-8"))
}

/// The job of that id that a request asks for.
pub fn ask(service: &Service, wanted: Wanted, body: Body, id: u64) -> Result<Ask, Refusal> {
    let Body { mut said, uploaded } = body;
    let layers = match (said.remove("layers"), uploaded.is_empty()) {
        (None, false) => Some(Place::Uploaded(id)),
        (None, true) => None,
        (Some(Value::String(name)), true) => {
            service.root_of(&name)?;
            Some(Place::Root(name))
        }
        (Some(_), true) => return Err(Refusal::bad("layers: give the name of a folder")),
        (Some(_), false) => return Err(Refusal::bad("either upload layers or name a folder of them")),
    };
    let needed = || layers.clone().ok_or_else(|| Refusal::unfit("no layers; upload some or name a folder of them"));
    match wanted {
        Wanted::Draw => {
            let Drawing { recipe } = parse(said)?;
            let built = Draft::from_toml(&recipe)?.build()?;
            check_recipe(&built)?;
            check_uploaded(&uploaded, &built)?;
            Ok(Ask::Draw { layers: needed()?, recipe })
        }
        Wanted::Check(plan) => {
            let Checking {} = parse(said)?;
            check_uploaded_to(service, plan, &uploaded)?;
            let drawn = service.done_plan(plan)?;
            Ok(Ask::Check { plan, layers: layers.unwrap_or_else(|| drawn.ask.layers().clone()) })
        }
        Wanted::Rebalance(plan) => {
            let wishes: Wishes = parse(said)?;
            check_uploaded_to(service, plan, &uploaded)?;
            // the rest of the recipe is that of the plan, which was checked
            wishes.check().map_err(Refusal::unfit)?;
            wishes.recipe(Draft::default())?;
            Ok(Ask::Rebalance { plan, layers: needed()?, wishes })
        }
    }
}

fn parse<T: serde::de::DeserializeOwned>(said: Map<String, Value>) -> Result<T, Refusal> {
    serde_json::from_value(said.into()).map_err(|e| Refusal::bad(e.to_string()))
}

/// Files that a recipe names: those of layers, and those that layers are joined with.
fn named(recipe: &Recipe) -> impl Iterator<Item = &str> {
    recipe
        .layers
        .sources()
        .into_iter()
        .flat_map(|source| [Some(source.file.as_str()), source.join.as_ref().map(|j| j.file.as_str())])
        .flatten()
}

/// Refuses a recipe that names files outside the folder of layers.
fn check_recipe(recipe: &Recipe) -> Result<(), Refusal> {
    match named(recipe).find(|file| !is_plain(file)) {
        Some(file) => Err(Refusal::unfit(format!("the recipe names the file '{file}'; only files in the folder of layers are read"))),
        None => Ok(()),
    }
}

/// Refuses an upload of what is not read, such as a layer whose name is misspelt.
fn check_uploaded(files: &[String], recipe: &Recipe) -> Result<(), Refusal> {
    match files.iter().find(|file| !named(recipe).any(|name| is_part(file, name))) {
        Some(file) => Err(Refusal::unfit(format!(
            "'{file}' is no layer; send files such as households.geojson, roads.geojson.gz, admin.gpkg, and those that the recipe names"
        ))),
        None => Ok(()),
    }
}

/// The same for the recipe of a plan.
fn check_uploaded_to(service: &Service, plan: u64, files: &[String]) -> Result<(), Refusal> {
    if files.is_empty() {
        return Ok(());
    }
    let recipe = plan_read::recipe(&service.store.plan(plan)).map_err(Refusal::ours)?;
    check_uploaded(files, &recipe.unwrap_or_default().build()?)
}

/// Whether a file is what a recipe means by a name, or a part of that.
fn is_part(file: &str, name: &str) -> bool {
    let beside = BESIDE.iter().find_map(|ending| file.strip_suffix(ending));
    let Some(stem) = beside.or(Format::of(file).map(|_| Format::stem(file))) else { return false };
    // a layer may lie in several files by kind of geometry
    let layer = KINDS.iter().find_map(|kind| stem.strip_suffix(kind)?.strip_suffix('_')).unwrap_or(stem);
    [stem, layer].contains(&Format::stem(name))
}

/// A name of something in a folder, and not of a way elsewhere.
fn is_plain(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    let only = matches!((parts.next(), parts.next()), (Some(Component::Normal(only)), None) if only == name);
    only && !name.contains(['\\', ':', '\0']) && name.len() <= NAME
}
