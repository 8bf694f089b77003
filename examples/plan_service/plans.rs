//! The routes for plans: look-ups, files, the map.

use crate::refusal::Refusal;
use crate::routes::Shared;
use axum::Json;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use evengrid::io::PLAN_FILES;
use futures_util::stream;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::io;
use std::path::PathBuf;
use tokio::fs::File;
use tokio::io::AsyncReadExt;

/// Bytes of a file that are sent at a time.
const PIECE: usize = 1 << 16;
const MAP: &str = "map.html";

/// A place, degrees of WGS 84.
#[derive(Deserialize)]
pub struct At {
    lon: f64,
    lat: f64,
}

/// The grid of a place.
pub async fn attach(State(service): Shared, Path(id): Path<String>, at: Result<Query<At>, QueryRejection>) -> Result<Response, Refusal> {
    let Query(At { lon, lat }) = at.map_err(|e| Refusal::bad(e.body_text()))?;
    if !(lon.abs() <= 180.0 && lat.abs() <= 90.0) {
        return Err(Refusal::bad(format!("{lon}, {lat} is no longitude and latitude in degrees")));
    }
    let id = service.done_plan(id)?.id;
    let found = service.held.attach(id, service.store.plan(id), [lon, lat]).await?;
    Ok(Json(found).into_response())
}

/// A file of a plan.
pub async fn file(shared: Shared, Path((id, name)): Path<(String, String)>) -> Result<Response, Refusal> {
    let unknown = || Refusal::unknown(format!("plan {id} has no file '{name}'"));
    let known = PLAN_FILES.into_iter().find(|known| *known == name).ok_or_else(unknown)?;
    if known == MAP {
        return map(shared, Path(id)).await;
    }
    let path = folder(&shared, &id)?.join(known);
    let file = match File::open(path).await {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Err(unknown()),
        file => file?,
    };
    let length = file.metadata().await?.len();
    let pieces = stream::try_unfold(file, async |mut file| {
        let mut piece = vec![0; PIECE];
        let read = file.read(&mut piece).await?;
        piece.truncate(read);
        Ok::<_, io::Error>((read > 0).then_some((piece, file)))
    });
    let headers = [
        (header::CONTENT_TYPE, content_type(known).to_string()),
        (header::CONTENT_LENGTH, length.to_string()),
        (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'; style-src 'unsafe-inline'".to_string()),
    ];
    Ok((headers, Body::from_stream(pieces)).into_response())
}

/// The map of a plan, a page of its own.
pub async fn map(shared: Shared, Path(id): Path<String>) -> Result<Response, Refusal> {
    let page = tokio::fs::read_to_string(folder(&shared, &id)?.join(MAP)).await?;
    let hashed = tokio::task::spawn_blocking(move || (policy(&page), page));
    let (policy, page) = hashed.await.map_err(Refusal::ours)?;
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8".to_string()), (header::CONTENT_SECURITY_POLICY, policy)];
    Ok((headers, page).into_response())
}

fn folder(State(service): &Shared, id: &str) -> Result<PathBuf, Refusal> {
    Ok(service.store.plan(service.done_plan(id)?.id))
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("geojson") => "application/geo+json",
        Some("csv") => "text/csv; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/json",
    }
}

/// Lets the page use its own style and script, by their digests, and nothing else.
fn policy(page: &str) -> String {
    let of = |tag: &str| {
        let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
        let parts = page.split(open.as_str()).skip(1).filter_map(|rest| rest.split_once(close.as_str()));
        parts.map(|(part, _)| format!(" 'sha256-{}'", base64(&Sha256::digest(part)))).collect::<String>()
    };
    let (style, script) = (of("style"), of("script"));
    format!("default-src 'none'; style-src{style}; script-src{script}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let four = |three: &[u8]| {
        let length = three.len();
        let bits = (0..3).fold(0, |bits, i| bits << 8 | u32::from(three.get(i).copied().unwrap_or(0)));
        (0..4).map(move |i| if i <= length { char::from(DIGITS[(bits >> (18 - 6 * i)) as usize & 63]) } else { '=' })
    };
    bytes.chunks(3).flat_map(four).collect()
}
