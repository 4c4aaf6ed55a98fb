//! How every HTTP client of ours is set up: one TLS, no proxies that the settings do not name, and
//! no connection to an address that no log or page lies at.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{ClientBuilder, redirect};

/// A client that follows no redirect, for whoever looks at each of them.
pub fn client() -> ClientBuilder {
    // Fails only where a provider is installed already, and then there is one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .user_agent(concat!("adp/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .no_gzip()
        .dns_resolver(Arc::new(Vetted))
}

/// A name led to addresses that nobody is sent to.
#[derive(Debug, thiserror::Error)]
#[error("{0} leads to {1}, which is no address to read logs from")]
pub struct NotVetted(pub String, pub IpAddr);

/// Whether the name or the number may be connected to. `host` is as it stands in the address.
///
/// # Errors
/// For numbers; what names lead to is looked at when they are looked up.
pub fn vet(host: &str) -> Result<(), NotVetted> {
    let plain = host.trim_start_matches('[').trim_end_matches(']');
    match plain.parse::<IpAddr>() {
        // Who writes a loopback address into the settings means it.
        Ok(ip) if !ip.is_loopback() && is_forbidden(ip) => Err(NotVetted(host.to_owned(), ip)),
        _ => Ok(()),
    }
}

/// Hands out only addresses that may be connected to, so that what was looked at is what is used.
struct Vetted;

impl Resolve for Vetted {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let name = name.as_str().to_owned();
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let is_loopback_name = name == "localhost" || name.ends_with(".localhost");
            let bad = found
                .iter()
                .map(SocketAddr::ip)
                .find(|ip| is_forbidden(*ip) && !(is_loopback_name && ip.is_loopback()));
            match bad {
                Some(ip) => Err(NotVetted(name, ip).into()),
                None => Ok(Box::new(found.into_iter()) as Addrs),
            }
        })
    }
}

/// Addresses at which the machine talks to itself or to whoever runs it. Private networks are not
/// among them: logs lie there.
fn is_forbidden(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_forbidden_v4(ip),
        IpAddr::V6(ip) => is_forbidden_v6(ip),
    }
}

fn is_forbidden_v4(ip: Ipv4Addr) -> bool {
    let [first, second, ..] = ip.octets();
    // Alibaba's metadata service stands in a network that is otherwise carriers'.
    let is_metadata = ip == Ipv4Addr::new(100, 100, 100, 200);
    let is_test_or_reserved = first >= 240 || (first, second) == (198, 18) || first == 0;
    ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || is_metadata
        || is_test_or_reserved
}

fn is_forbidden_v6(ip: Ipv6Addr) -> bool {
    let parts = ip.segments();
    // Numbers that stand for an IPv4 address: mapped, compatible, translated, 6to4, Teredo.
    let is_embedded = parts[..5] == [0; 5]
        || parts[..2] == [0x64, 0xff9b]
        || parts[0] == 0x2002
        || parts[..2] == [0x2001, 0];
    let is_metadata = parts[0] == 0xfd00 && parts[1] == 0xec2;
    ip.is_loopback()
        || is_embedded
        || is_metadata
        || ip.is_unspecified()
        || ip.is_multicast()
        || ip.is_unicast_link_local()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_lead_inwards_are_refused_in_every_dress() {
        for host in [
            "169.254.169.254",
            "0.0.0.0",
            "100.100.100.200",
            "224.0.0.1",
            "255.255.255.255",
            "[fe80::1]",
            "[::ffff:169.254.169.254]",
            "[::ffff:127.0.0.1]",
            "[::169.254.169.254]",
            "[64:ff9b::a9fe:a9fe]",
            "[2002:a9fe:a9fe::1]",
            "[fd00:ec2::254]",
            "[::]",
        ] {
            assert!(vet(host).is_err(), "{host}");
        }
        for host in ["10.0.0.1", "127.0.0.1", "[::1]", "192.168.1.1", "[fd12::1]", "logs.internal"]
        {
            assert!(vet(host).is_ok(), "{host}");
        }
    }

    #[test]
    fn every_spelling_of_a_number_is_the_number() {
        for text in ["http://0xa9fea9fe/", "http://2852039166/", "http://169.254.43518/"] {
            let url = reqwest::Url::parse(text).expect("an address");
            assert!(vet(url.host_str().expect("a host")).is_err(), "{text}");
        }
    }
}
