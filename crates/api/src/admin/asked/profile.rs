//! How a product names itself to Vipps.

use app::registry::profiles::Add;
use domain::ProductProfile;

use super::{environment, partner};
use crate::asked::only;
use crate::body::At;
use crate::forwarded::Facts;

const VALUES: [&str; 4] = ["systemName", "systemVersion", "pluginName", "pluginVersion"];

/// The four values of a new release.
#[derive(Debug)]
pub(crate) struct NewProduct(pub(crate) ProductProfile);

impl Facts for NewProduct {
    fn read(body: &At<'_>) -> Option<Self> {
        only(body, &VALUES);
        product(body).map(Self)
    }
}

#[derive(Debug)]
pub(crate) struct NewProfile(pub(crate) Add);

impl Facts for NewProfile {
    fn read(body: &At<'_>) -> Option<Self> {
        let names = [&["partnerId", "environment", "name"][..], &VALUES].concat();
        only(body, &names);
        let partner = partner(body);
        let environment = environment(body);
        let name = body.field("name").required().and_then(|at| at.text_of(1, 100));
        let product = product(body);
        Some(Self(Add {
            partner: partner?,
            environment: environment?,
            name: name?.to_owned(),
            product: product?,
        }))
    }
}

/// The domain's rule decides, and each of its faults stands at its value.
fn product(body: &At<'_>) -> Option<ProductProfile> {
    let values = VALUES.map(|name| body.field(name).required().and_then(|at| at.text_of(1, 30)));
    let [system_name, system_version, plugin_name, plugin_version] = values;
    let made = ProductProfile::new(system_name?, system_version?, plugin_name?, plugin_version?);
    match made {
        Ok(product) => Some(product),
        Err(faults) => {
            for fault in faults {
                body.field(&fault.field).fault(fault.rule, fault.message);
            }
            None
        }
    }
}
