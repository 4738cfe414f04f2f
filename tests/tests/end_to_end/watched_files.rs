//! Tests of reloading the configuration when its file, or the file of a secret, has changed.

use std::os::unix::fs::symlink;
use std::path::Path;

use polyhost_end_to_end::{Configuration, Gateway};

use crate::reload::{DONE, REFUSED, reload};
use crate::world::{KEY, LOGIN, SITE_KEY, World, at, configuration, site};

#[tokio::test]
async fn changed_file_or_secret_is_reloaded_without_a_signal() {
    let (site, _) = site(|_| ()).await;
    site.add_file("0", "a.mp4", b"a");
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(secret.path(), "wrong\n").unwrap();
    let key = format!("file:{}", secret.path().display());
    let configured =
        Configuration::new().account("main", &site.base_url(), LOGIN, &key).client("web", KEY, &["*"], &["read"]);
    let mut gateway = Gateway::start(&configured).await;
    let caller = gateway.caller(KEY);
    caller.get(&at("folders/root/items")).await.problem(502, "upstream_credentials_rejected");

    std::fs::write(secret.path(), format!("{SITE_KEY}\n")).unwrap();
    gateway.program().logged(|log| log.contains(DONE).then_some(())).await;
    assert_eq!(caller.get(&at("folders/root/items")).await.items().len(), 1);

    gateway.rewrite(&configured.client("job", "key-of-job", &["*"], &["read"]));
    gateway.program().logged(|log| (log.matches(DONE).count() == 2).then_some(())).await;
    gateway.caller("key-of-job").get("/v1/me").await.status(200);
}

#[tokio::test]
async fn folder_swapped_through_a_link_is_reloaded() {
    // A container runtime mounts a folder so: the files are links into `..data`, which is replaced as a whole.
    let (site, _) = site(|_| ()).await;
    let mount = tempfile::tempdir().unwrap();
    let (data, path) = (mount.path().join("..data"), mount.path().join("polyhost.toml"));
    let secret = format!("file:{}", mount.path().join("key").display());
    let base = Configuration::new().account("main", &site.base_url(), LOGIN, &secret);
    let swap = |version: &str, key: &str, configuration: &Configuration| {
        let folder = mount.path().join(version);
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("polyhost.toml"), configuration.text()).unwrap();
        std::fs::write(folder.join("key"), key).unwrap();
        symlink(version, mount.path().join("..data_tmp")).unwrap();
        std::fs::rename(mount.path().join("..data_tmp"), &data).unwrap();
    };
    swap("..1", "wrong", &base.clone().client("web", KEY, &["*"], &["read"]));
    ["polyhost.toml", "key"].into_iter().for_each(|name| {
        symlink(Path::new("..data").join(name), mount.path().join(name)).unwrap();
    });
    let mut gateway = Gateway::at(path).await;
    gateway.caller(KEY).get(&at("folders/root/items")).await.problem(502, "upstream_credentials_rejected");

    swap("..2", SITE_KEY, &base.client("job", "key-of-job", &["*"], &["read"]));
    std::fs::remove_dir_all(mount.path().join("..1")).unwrap();
    gateway.program().logged(|log| log.contains(DONE).then_some(())).await;
    gateway.caller(KEY).get("/v1/me").await.problem(401, "unauthenticated");
    gateway.caller("key-of-job").get(&at("folders/root/items")).await.status(200);
}

#[tokio::test]
async fn secret_created_after_its_configuration_is_loaded() {
    let mut world = World::start().await;
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("key");
    let key = format!("file:{}", secret.display());
    let early = configuration(&world.site).account("second", &world.site.base_url(), LOGIN, &key);
    reload(&mut world.gateway, &early, REFUSED).await;
    std::fs::write(&secret, SITE_KEY).unwrap();
    world.gateway.program().logged(|log| log.contains(DONE).then_some(())).await;
    world.caller.get("/v1/accounts/second/folders/root/items").await.status(200);
}
