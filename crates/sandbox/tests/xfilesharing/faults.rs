//! Tests of faults at these sites.

use polyhost_sandbox::xfilesharing::Flavour;
use polyhost_sandbox::{Fault, Rule};
use reqwest::multipart::Form;

use crate::support::{empty, file};

#[tokio::test]
async fn faults_cover_functions_and_uploads() {
    for flavour in [Flavour::Xvs, Flavour::Byse] {
        let sandbox = empty(flavour).await;
        sandbox.faults().add(Rule::new("account/info", Fault::envelope(403)).times(1));
        assert_eq!(sandbox.refusal("account/info").await, (403, "Forbidden".to_owned()));
        sandbox.result("account/info").await;
        sandbox.faults().add(Rule::new("upload", Fault::LoseAnswer));
        let node = sandbox.server().await["result"].as_str().unwrap().to_owned();
        let form = file(Form::new().text("key", sandbox.key.clone()), "file", "a.mp4", b"abc");
        assert!(sandbox.client.post(node).multipart(form).send().await.is_err());
        assert_eq!(sandbox.counts().files, 1, "the file stays");
    }
}
