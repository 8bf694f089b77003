//! The routes for jobs; those for plans are in `plans`.

use crate::intake::{self, Patience, Wanted};
use crate::job::{Status, View};
use crate::plans;
use crate::refusal::Refusal;
use crate::service::Service;
use axum::body::HttpBody;
use axum::extract::rejection::QueryRejection;
use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use futures_util::stream::{self, Stream};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch::Receiver;

pub type Shared = State<Arc<Service>>;

/// Longest time that a request for a job may take to arrive, as it holds a place in the queue.
const ARRIVAL: Duration = Duration::from_secs(300);
const OPENAPI: &str = include_str!("openapi.json");

pub fn router(service: Arc<Service>) -> Router {
    let body = DefaultBodyLimit::max(service.settings.max_body);
    Router::new()
        .route("/healthz", get(async || Json(json!({"status": "ok"}))))
        .route("/openapi.json", get(async || ([(header::CONTENT_TYPE, "application/json")], OPENAPI)))
        .route("/jobs", get(jobs))
        .route("/jobs/{id}", get(job).delete(withdraw))
        .route("/jobs/{id}/events", get(events))
        .route("/plans", post(draw))
        .route("/plans/{id}", delete(remove))
        .route("/plans/{id}/check", post(check))
        .route("/plans/{id}/rebalance", post(rebalance))
        .route("/plans/{id}/attach", get(plans::attach))
        .route("/plans/{id}/files/{name}", get(plans::file))
        .route("/plans/{id}/map", get(plans::map))
        .fallback(async || Refusal::unknown("no such path; /openapi.json lists them"))
        .method_not_allowed_fallback(async || Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "no such method here; /openapi.json lists them"))
        .layer(body)
        .layer(middleware::from_fn(local))
        .with_state(service)
}

/// Refuses what a page of another site makes a browser send.
async fn local(request: Request, next: Next) -> Response {
    let mut answer = match is_local(request.headers()) {
        true => next.run(request).await,
        false => Refusal::new(StatusCode::FORBIDDEN, "only for pages and programs of this machine").into_response(),
    };
    answer.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

/// Such pages tell their origin, or call this address by a name of their own.
fn is_local(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let own = text(header::ORIGIN).is_none_or(|origin| origin.strip_prefix("http://") == Some(host));
    own && ["127.0.0.1", "localhost"].contains(&name)
}

async fn draw(State(service): Shared, request: Request) -> Result<Response, Refusal> {
    accept(service, Wanted::Draw, request).await
}

async fn check(State(service): Shared, Path(id): Path<String>, request: Request) -> Result<Response, Refusal> {
    let plan = service.done_plan(&id)?.id;
    accept(service, Wanted::Check(plan), request).await
}

async fn rebalance(State(service): Shared, Path(id): Path<String>, request: Request) -> Result<Response, Refusal> {
    let plan = service.done_plan(&id)?.id;
    accept(service, Wanted::Rebalance(plan), request).await
}

/// Takes a place in the queue, receives the request, and answers when the job is on disk.
async fn accept(service: Arc<Service>, wanted: Wanted, request: Request) -> Result<Response, Refusal> {
    let most = service.settings.max_body;
    if request.body().size_hint().lower() > most as u64 {
        return Err(Refusal::large(format!("the body has more than {most} bytes")));
    }
    let slot = service.reserve()?;
    let incoming = service.store.begin()?;
    let receiving = intake::receive(&incoming, request, Patience(service.settings.patience));
    let body = Patience(ARRIVAL).with(receiving).await??;
    let accepted = tokio::task::spawn_blocking(move || {
        let ask = intake::ask(&service, wanted, body, incoming.id)?;
        service.accept(slot, incoming, ask)
    });
    let job = accepted.await.map_err(Refusal::ours)??;
    let location = [(header::LOCATION, format!("/jobs/{}", job.id))];
    Ok((StatusCode::ACCEPTED, location, Json(job.view())).into_response())
}

/// A part of the list of jobs.
#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    after: u64,
    limit: Option<usize>,
}

async fn jobs(State(service): Shared, page: Result<Query<Page>, QueryRejection>) -> Result<Response, Refusal> {
    let Query(page) = page.map_err(|e| Refusal::bad(e.body_text()))?;
    let jobs = service.jobs_after(page.after, page.limit.unwrap_or(100).min(1000));
    let views: Vec<View> = jobs.iter().map(|job| job.view()).collect();
    Ok(Json(json!({"jobs": views})).into_response())
}

async fn job(State(service): Shared, Path(id): Path<String>) -> Result<Response, Refusal> {
    Ok(Json(service.job(&id)?.view()).into_response())
}

/// Cancels a job, or removes one that has ended without a plan.
async fn withdraw(State(service): Shared, Path(id): Path<String>) -> Result<Response, Refusal> {
    let job = service.job(&id)?;
    let withdrawn = tokio::task::spawn_blocking(move || {
        if service.cancel(&job)? {
            return Ok(Json(job.view()).into_response());
        }
        // whoever only meant to cancel must not lose a plan
        if service.done_plan(job.id).is_ok() {
            return Err(Refusal::conflict(format!("the job has ended with a plan; DELETE /plans/{} removes both", job.id)));
        }
        service.remove(&job)?;
        Ok(StatusCode::NO_CONTENT.into_response())
    });
    withdrawn.await.map_err(Refusal::ours)?
}

/// Removes a plan with its job.
async fn remove(State(service): Shared, Path(id): Path<String>) -> Result<StatusCode, Refusal> {
    let job = service.done_plan(&id)?;
    tokio::task::spawn_blocking(move || service.remove(&job)).await.map_err(Refusal::ours)??;
    Ok(StatusCode::NO_CONTENT)
}

/// Every change of a job from now on, the last one as `end`.
async fn events(State(service): Shared, Path(id): Path<String>) -> Result<Sse<impl Stream<Item = Result<Event, axum::Error>>>, Refusal> {
    let changes = service.job(&id)?.follow();
    let next = async |following: Option<(Receiver<Status>, Receiver<bool>)>| {
        let (mut changes, mut stopping) = following?;
        tokio::select! {
            changed = changes.changed() => changed.ok()?,
            _ = stopping.wait_for(|stopping| *stopping) => return None,
        }
        let status = changes.borrow_and_update().clone();
        let event = Event::default().event(if status.state.is_final() { "end" } else { "progress" }).json_data(&status);
        Some((event, (!status.state.is_final()).then_some((changes, stopping))))
    };
    let following = Some((changes, service.stopping.subscribe()));
    Ok(Sse::new(stream::unfold(following, next)).keep_alive(KeepAlive::default()))
}
