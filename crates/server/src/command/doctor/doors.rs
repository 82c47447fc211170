//! Whether both addresses are free to be listened on.

use super::report::Check;
use crate::config::Config;
use crate::listen;

pub(super) async fn check(config: &Config) -> Vec<Check> {
    let mut held = Vec::new();
    let mut checks = Vec::new();
    for (name, key, address) in [
        ("public listener", "public.listen", config.public.listen),
        ("private listener", "private.listen", config.private.listen),
    ] {
        checks.push(match listen::bind(address).await {
            Ok(listener) => {
                // Held until both are tried, so that two settings of one address are noticed.
                held.push(listener);
                Check::ok(name, format!("{address} is free"))
            }
            Err(error) => Check::failed(
                name,
                format!("{error:#}"),
                format!("end what listens there (a gateway that runs already, perhaps), or change {key}"),
            ),
        });
    }
    checks
}
