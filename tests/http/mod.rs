//! A service that runs, and plain HTTP/1.1 to talk to it.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Far more than a machine needs that has nothing else to do.
const PATIENCE: Duration = Duration::from_secs(400);

/// The example `plan_service` with a state folder; killed when it is dropped.
pub struct Service {
    child: Child,
    address: String,
    pub state: PathBuf,
}

/// An answer.
pub struct Answer {
    pub status: u16,
    head: String,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        let of = |line: &'_ str| line.split_once(": ").is_some_and(|(n, _)| n.eq_ignore_ascii_case(name));
        self.head.lines().find(|line| of(line)).map_or("", |line| &line[name.len() + 2..])
    }
}

impl Service {
    /// Starts one with a fresh state folder.
    pub fn fresh(name: &str, args: &[&str]) -> Service {
        let state = Path::new(env!("CARGO_TARGET_TMPDIR")).join("service").join(name);
        let _ = std::fs::remove_dir_all(&state);
        std::fs::create_dir_all(&state).unwrap();
        Service::start(&state, args)
    }

    /// What starts one with a state folder.
    pub fn command(state: &Path, args: &[&str]) -> Command {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata");
        let mut command = crate::example::command("plan_service");
        command.args(["--port", "0", "--layers-root", root, "--state"]).arg(state).args(args);
        command
    }

    /// Starts one with a state folder that may have been used before.
    pub fn start(state: &Path, args: &[&str]) -> Service {
        let mut child = Service::command(state, args).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").expect("the service tells its address").to_string();
        Service { child, address, state: state.to_path_buf() }
    }

    /// As `kill -9` does.
    pub fn kill(mut self) -> PathBuf {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.state.clone()
    }

    /// Asks it to stop; its exit code.
    pub fn stop(mut self) -> Option<i32> {
        Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        self.child.wait().unwrap().code()
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends exactly this and reads until the service closes the connection.
    pub fn raw(&self, request: &[u8]) -> Answer {
        let mut stream = self.connect();
        stream.write_all(request).unwrap();
        let mut bytes = Vec::new();
        let read = stream.read_to_end(&mut bytes);
        // a service that refuses early may reset the connection behind its answer
        assert!(read.is_ok() || !bytes.is_empty(), "{read:?}");
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").expect("an answer has a head");
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let status = head[9..12].parse().unwrap();
        let answer = Answer { status, head, text: String::new() };
        let body = &bytes[end + 4..];
        let body = if answer.header("transfer-encoding") == "chunked" { unchunked(body) } else { body.to_vec() };
        Answer { text: String::from_utf8(body).unwrap(), ..answer }
    }

    pub fn send(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Answer {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        self.raw(&[head.as_bytes(), body].concat())
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "text/plain", b"")
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, "application/json", body.to_string().as_bytes())
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, "text/plain", b"")
    }

    /// Uploads parts: name, name of the file where it is one, bytes.
    pub fn upload(&self, path: &str, parts: &[(&str, Option<&str>, &[u8])]) -> Answer {
        let mut body = Vec::new();
        for (name, file, bytes) in parts {
            let file = file.map_or(String::new(), |f| format!("; filename=\"{f}\""));
            body.extend_from_slice(format!("--edge\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n").as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--edge--\r\n");
        self.send("POST", path, "multipart/form-data; boundary=edge", &body)
    }

    /// Id of a job that was accepted.
    pub fn accepted(&self, answer: Answer) -> u64 {
        assert_eq!(answer.status, 202, "{}", answer.text);
        let id = answer.json()["id"].as_u64().unwrap();
        assert_eq!(answer.header("location"), format!("/jobs/{id}"));
        id
    }

    /// Waits until a job is in one of these states.
    pub fn wait(&self, id: u64, states: &[&str]) -> Value {
        let since = Instant::now();
        loop {
            let job = self.get(&format!("/jobs/{id}")).json();
            if states.contains(&job["state"].as_str().unwrap()) {
                return job;
            }
            assert!(since.elapsed() < PATIENCE && job["error"].is_null(), "{job}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(end) = body.windows(2).position(|w| w == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&body[..end]).unwrap(), 16).unwrap();
        out.extend_from_slice(&body[end + 2..end + 2 + size]);
        body = &body[end + 4 + size..];
    }
    out
}
