//! The server: as many connections as are allowed, and time enough for each request, but no more.

use crate::cli::Failure;
use crate::routes;
use crate::service::Service;
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Longest time that requests in flight have when the service goes down.
const LEAVE: Duration = Duration::from_secs(10);
/// Pause where the system has no room for a further connection.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves up to `most` connections at a time, until the process is asked to stop; further ones wait.
pub async fn serve(listener: TcpListener, service: Arc<Service>, most: usize) -> Result<(), Failure> {
    let mut server = Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(service.settings.patience);
    let router = TowerToHyperService::new(routes::router(service.clone()));
    let connections = Arc::new(Semaphore::new(most));
    let open = GracefulShutdown::new();
    let stop = asked_to_stop();
    tokio::pin!(stop);
    loop {
        let (permit, stream) = tokio::select! {
            accepted = accept(&listener, &connections) => accepted?,
            () = &mut stop => break,
        };
        let connection = open.watch(server.serve_connection(TokioIo::new(stream), router.clone()));
        tokio::spawn(async move {
            // a client that went away or was too slow
            let _ = connection.await;
            drop(permit);
        });
    }
    drop(listener);
    service.stopping.send_replace(true);
    let _ = tokio::time::timeout(LEAVE, open.shutdown()).await;
    Ok(())
}

/// The next connection, once there is room for it.
async fn accept(listener: &TcpListener, connections: &Arc<Semaphore>) -> Result<(OwnedSemaphorePermit, TcpStream), Failure> {
    let permit = connections.clone().acquire_owned().await?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return Ok((permit, stream)),
            Err(e) if e.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(e) => {
                eprintln!("no connection: {e}");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Ends with SIGINT or SIGTERM.
async fn asked_to_stop() {
    #[cfg(unix)]
    if let Ok(mut terminated) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = terminated.recv() => return,
            _ = tokio::signal::ctrl_c() => return,
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
