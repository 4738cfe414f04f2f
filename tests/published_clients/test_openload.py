"""Tests published clients of the dialect `openload` at the simulated pstream.net, with each call that it documents.

Where a client has a defect of its own, the test states the answer to the defective request.
"""

import hashlib

import pytest
import requests
from openload import OpenLoad
from openload.api_exceptions import BadRequestException, FileNotFoundException, PermissionDeniedException
from pystreamtape.streamtape import Streamtape
from streamtape.Account import Account
from streamtape.Convertation import Convertation
from streamtape.FileManager import FileManager
from streamtape.Remote import Remote
from streamtape.Stream import Stream
from streamtape.Upload import Upload

FILMS = "4248"
SEEDED_FILE = "HhszB1ewMteF"


def sha1(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha1").hexdigest()


class TestPyopenload:
    @pytest.fixture
    def client(self, pstream):
        client = OpenLoad(pstream["login"], pstream["key"])
        client.api_url = f"{pstream['base_url']}/"
        return client

    def test_account_info_has_the_id(self, client, gateway):
        assert client.account_info()["extid"] == gateway.get("").json()["id"]

    def test_wrong_key_is_denied(self, client):
        client.key = "wrong"
        with pytest.raises(PermissionDeniedException):
            client.account_info()

    def test_uploaded_file_is_listed_renamed_and_deleted(self, client, clip, gateway):
        uploaded = client.upload_file(clip, folder_id=FILMS, sha1=sha1(clip))
        file_id = uploaded["id"]
        assert uploaded["sha1"] == sha1(clip)
        assert gateway.items(FILMS)[file_id]["sha1"] == sha1(clip)
        assert client.file_info(file_id)[file_id]["size"] == 28381
        assert client.rename_file(file_id, "A clip, renamed.mp4") is True
        assert gateway.file(file_id)["name"] == "A clip, renamed.mp4"
        assert client.splash_image(file_id).endswith(".jpg")
        assert client.delete_file(file_id) is True
        assert gateway.get(f"/files/{file_id}").status_code == 404

    def test_upload_with_wrong_digest_is_refused(self, client, clip, gateway):
        before = gateway.items("root")
        with pytest.raises(BadRequestException):
            client.upload_file(clip, sha1="0" * 40)
        assert gateway.items("root") == before

    def test_upload_link_is_plain_http_on_request(self, client):
        assert client.upload_link(folder_id=FILMS, httponly=True)["url"].startswith("http://")

    def test_several_files_are_looked_up_at_once(self, client):
        infos = client.file_info(f"{SEEDED_FILE},nowhere")
        assert [infos[file]["status"] for file in (SEEDED_FILE, "nowhere")] == [200, 404]

    def test_missing_file_is_not_found(self, client):
        with pytest.raises(FileNotFoundException):
            client.delete_file("nowhere")

    def test_folders_are_listed_and_renamed(self, client, gateway):
        listed = {folder["id"]: folder["name"] for folder in client.list_folder()["folders"]}
        assert listed == {item: folder["name"] for item, folder in gateway.items("root", type="folder").items()}
        assert client.rename_folder(FILMS, "Films, renamed") is True
        assert gateway.get(f"/folders/{FILMS}").json()["name"] == "Films, renamed"
        assert client.rename_folder(FILMS, "Films") is True

    def test_remote_upload_is_listed(self, client, gateway):
        # The client sends only the names of the header fields.
        added = client.remote_upload("http://example.com/clip.mp4", FILMS, {"Cookie": "a=b"})
        assert client.remote_upload_status(remote_upload_id=added["id"])[added["id"]]["folderid"] == FILMS
        assert added["id"] in client.remote_upload_status(limit=100)
        assert gateway.get(f"/remote-uploads/{added['id']}").json()["folder_id"] == FILMS

    def test_operation_that_only_openload_has_is_missing(self, client):
        for call in (lambda: client.prepare_download("a"), client.running_conversions):
            with pytest.raises(requests.JSONDecodeError):
                call()


class TestStreamtape:
    @pytest.fixture
    def client(self, pstream):
        def make(part):
            client = part(pstream["login"], pstream["key"])
            client.set_api_url(pstream["base_url"])
            return client

        return make

    def test_uploaded_file_is_moved_and_deleted(self, client, clip, gateway):
        files, folders = client(FileManager), client(FileManager)
        folder = str(folders.create_folder("Made by streamtape", FILMS)["folderid"])
        assert gateway.items(FILMS)[folder]["name"] == "Made by streamtape"
        assert folders.rename_folder("Renamed by streamtape", folder) is True
        # The client declares a SHA-256, which pstream.net does not support.
        file_id = client(Upload).upload(clip, FILMS)["id"]
        assert client(Stream).file_info([file_id])[file_id]["sha1"] == sha1(clip)
        assert files.move_file(file_id, folder) is True
        assert file_id in files.list_data(folder)["files"]
        assert file_id in gateway.items(folder)
        assert files.delete_file(file_id) is True
        assert folders.delete_folder(folder) is True
        assert folder not in gateway.items(FILMS)

    def test_folder_none_is_not_found(self, client, clip):
        # Without a folder, the client sends the text `None`.
        for answer in (
            client(FileManager).list_data(),
            client(FileManager).create_folder("a"),
            client(Upload).upload(clip),
        ):
            assert answer["status_id"] == 404

    def test_rename_file_that_deletes_a_folder_is_refused(self, client, gateway):
        # The client calls file/deletefolder with the file's id.
        assert client(FileManager).rename_file(SEEDED_FILE, "a.mp4")["status_id"] == 400
        assert gateway.file(SEEDED_FILE)["name"] != "a.mp4"

    def test_thumbnail_is_a_picture(self, client):
        assert client(Convertation).get_thumbnail(SEEDED_FILE).endswith(".jpg")

    def test_remote_upload_is_read(self, client, pstream):
        added = Streamtape(pstream["login"], pstream["key"])
        added.baseurl = f"{pstream['base_url']}/"
        remote = added.add_remote_upload("http://example.com/clip.mp4", FILMS)["result"]["id"]
        assert client(Remote).check_remote_status(remote)[remote]["status"] == "new"

    def test_account_path_is_missing(self, client):
        # The client calls `parameter/info`.
        with pytest.raises(requests.JSONDecodeError):
            client(Account).get_info()


class TestPystreamtape:
    @pytest.fixture
    def client(self, pstream):
        client = Streamtape(pstream["login"], pstream["key"])
        client.baseurl = f"{pstream['base_url']}/"
        return client

    def test_account_and_file_are_read(self, client):
        assert client.account_info()["result"]["email"] == "sandbox@pstream.example"
        assert client.file_info(SEEDED_FILE)["result"][SEEDED_FILE]["status"] == 200
        assert client.get_splash(SEEDED_FILE)["result"].endswith(".jpg")

    def test_folder_is_made_in_the_root_and_deleted(self, client, gateway):
        # The client sends the parent as `parent`, where pstream.net reads `pid`.
        folder = str(client.create_folder("Made by pystreamtape", FILMS)["result"]["folderid"])
        assert gateway.items("root")[folder]["name"] == "Made by pystreamtape"
        assert client.rename_folder(folder, "Renamed")["result"] is True
        assert folder in [entry["id"] for entry in client.list_of_files()["result"]["folders"]]
        assert client.list_of_files(folder)["result"]["files"] == []
        assert client.delete_folder(folder)["result"] is True
        assert folder not in gateway.items("root")

    def test_file_is_moved_and_deleted(self, client, pstream, clip, gateway):
        uploads = OpenLoad(pstream["login"], pstream["key"])
        uploads.api_url = client.baseurl
        file_id = uploads.upload_file(clip)["id"]
        assert client.move_folder(file_id, FILMS)["result"] is True
        assert file_id in gateway.items(FILMS)
        assert client.delete_file(file_id)["result"] is True
        assert file_id not in gateway.items(FILMS)

    def test_upload_url_with_a_double_slash_is_not_found(self, client, clip):
        with pytest.raises(TypeError):
            client.upload_file(clip)

    def test_status_is_found_with_swapped_arguments(self, client):
        # The client sends the id as `limit`, and the limit as `id`.
        remote = client.add_remote_upload("http://example.com/clip.mp4", FILMS)["result"]["id"]
        assert list(client.cheak_upload_status("5", remote)["result"]) == [remote]
