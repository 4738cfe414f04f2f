//! Tests of a call's parameters: the parts of the request that contain them, and PHP's changes to them.

use reqwest::multipart::Form;

use crate::support::{empty, json, refused};

#[tokio::test]
async fn get_and_put_read_the_query_others_the_body() {
    let sandbox = empty().await;
    let url = format!("{}/folder/listing", sandbox.base_url());
    let with_query = format!("{url}?access_token={}&account_id=158642", sandbox.token);
    let form = [("access_token", sandbox.token.as_str()), ("account_id", "158642")];
    let missing = "Please provide the access_token param.";
    let client = &sandbox.client;
    for (request, expected) in [
        (client.get(&with_query), None),
        (client.put(&with_query), None),
        (client.post(&url).form(&form), None),
        (client.post(&url).form(&form).header("X-HTTP-METHOD", "DELETE"), None),
        (client.post(&with_query).header("X-HTTP-METHOD", "PUT"), None),
        (client.post(&with_query), Some(missing)),
        (client.post(&url).form(&form).header("X-HTTP-METHOD", "PUT"), Some(missing)),
        (client.post(&url).form(&form).header("X-HTTP-METHOD", "PATCH"), Some("Unexpected Header")),
        (client.get(&url).form(&form), Some(missing)),
        (client.put(&url).form(&form), Some(missing)),
        (client.delete(&with_query), Some(missing)),
        (client.delete(&url).form(&form), Some(missing)),
    ] {
        let answer = json(request.send().await.unwrap()).await;
        match expected {
            Some(words) => assert_eq!(refused(&answer), words),
            None => assert_eq!(answer["_status"], "success", "{answer}"),
        }
    }
}

#[tokio::test]
async fn form_may_be_multipart_and_is_recorded() {
    let sandbox = empty().await;
    sandbox.data("folder/create", &[("folder_name", "Été & co")]).await;
    let form = Form::new()
        .text("access_token", sandbox.token.clone())
        .text("account_id", "158642")
        .text("folder_name", "東京");
    let url = format!("{}/folder/create", sandbox.base_url());
    let answer = json(sandbox.client.post(url).multipart(form).send().await.unwrap()).await;
    assert_eq!(answer["_status"], "success", "{answer}");
    let names: Vec<_> = sandbox.journal().of("folder/create").iter().map(|received| received.form[2].clone()).collect();
    let pair = |value: &str| ("folder_name".to_owned(), value.to_owned());
    assert_eq!(names, [pair("Été & co"), pair("東京")]);
    assert!(sandbox.find_folder("Été & co").is_some() && sandbox.find_folder("東京").is_some());
}

#[tokio::test]
async fn tags_are_stripped_and_ends_are_trimmed() {
    let sandbox = empty().await;
    let data = sandbox.data("folder/create", &[("folder_name", "  <b>Films</b> < 1930 & co ")]).await;
    assert_eq!(data["folderName"], "Films < 1930 & co");
    let words = sandbox.refusal("folder/create", &[("folder_name", "<none>")]).await;
    assert_eq!(words, "Please provide the folder_name param.");
}

#[tokio::test]
async fn id_counts_as_the_number_at_its_start() {
    let sandbox = empty().await;
    let id = sandbox.add_file("0", "a.mp4", b"abc");
    for sent in [format!("{id}abc"), format!(" {id}"), format!("0{id}"), format!("{id}.9")] {
        assert_eq!(sandbox.data("file/info", &[("file_id", &sent)]).await["id"], id.as_str(), "{sent}");
    }
    sandbox.data("file/delete", &[("file_id", &format!("{id}; drop"))]).await;
    assert_eq!(sandbox.file_status(&id).as_deref(), Some("trash"));
    for sent in ["abc", "0", "-1001", "x1001"] {
        let words = sandbox.refusal("file/info", &[("file_id", sent)]).await;
        assert_eq!(words, "Could not find file based on file_id.", "{sent}");
    }
}

#[tokio::test]
async fn last_of_several_values_counts() {
    let sandbox = empty().await;
    let data = sandbox.data("folder/create", &[("folder_name", "first"), ("folder_name", "last")]).await;
    assert_eq!(data["folderName"], "last");
}
