//! Answers to requests that are not served.

use axum::Json;
use axum::extract::multipart::MultipartError;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use evengrid::recipe::RecipeErrors;
use serde_json::{Value, json};

/// Why a request is not served.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    error: String,
    /// What is wrong with a recipe, one by one.
    faults: Vec<Value>,
}

impl Refusal {
    pub fn new(status: StatusCode, error: impl Into<String>) -> Refusal {
        Refusal { status, error: error.into(), faults: Vec::new() }
    }

    pub fn bad(error: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, error)
    }

    pub fn unknown(what: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::NOT_FOUND, what)
    }

    pub fn unfit(error: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, error)
    }

    pub fn large(error: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, error)
    }

    pub fn late() -> Refusal {
        Refusal::new(StatusCode::REQUEST_TIMEOUT, "the request took too long to arrive")
    }

    pub fn conflict(error: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::CONFLICT, error)
    }

    /// Something that the client cannot help.
    pub fn ours(error: impl std::fmt::Display) -> Refusal {
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.error)
    }
}

impl From<RecipeErrors> for Refusal {
    fn from(errors: RecipeErrors) -> Refusal {
        let fault = |f: &evengrid::recipe::Fault| json!({"path": f.path, "line": f.line, "value": f.value, "message": f.message});
        Refusal { faults: errors.faults.iter().map(fault).collect(), ..Refusal::unfit(errors.to_string()) }
    }
}

impl From<MultipartError> for Refusal {
    fn from(error: MultipartError) -> Refusal {
        Refusal::new(error.status(), error.body_text())
    }
}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Refusal {
        Refusal::ours(format!("state folder: {error}"))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = json!({"error": self.error});
        if !self.faults.is_empty() {
            body["faults"] = self.faults.into();
        }
        let mut answer = (self.status, Json(body)).into_response();
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            answer.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
        }
        answer
    }
}
