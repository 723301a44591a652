"""What the application answers beside the services: health, metrics, the index, and paths that do not exist."""

from pileus import catalogue


def test_health_tells_that_the_database_answers(cloud):
    answer = cloud.get("/healthz", token=None)
    assert answer.status_code == 200 and answer.get_json() == {"status": "ok"}


def test_health_tells_when_the_database_does_not_answer(cloud, monkeypatch):
    monkeypatch.setattr(cloud.database, "read", lambda: (_ for _ in ()).throw(OSError("gone")))
    assert cloud.get("/healthz", token=None).status_code == 503


def test_metrics_count_requests_and_intents(cloud):
    cloud.get("/compute/v2.1/flavors")
    cloud.post("/network/v2.0/networks", {"network": {"name": "n"}})
    text = cloud.get("/metrics", token=None).get_data(as_text=True)
    assert 'pileus_requests_total{method="GET",route="/v2.1/flavors",service="compute",status="200"}' in text
    assert 'pileus_intents{operation="network.network_present",state="waiting"} 1.0' in text


def test_the_index_names_every_service(cloud):
    listed = cloud.get("/", token=None).get_json()["services"]
    assert {entry["type"] for entry in listed} == {service.type for service in catalogue.SERVICES if service.public}


def test_a_path_that_does_not_exist_is_refused_in_the_words_of_its_service(cloud):
    assert "itemNotFound" in cloud.get("/compute/v2.1/nothing").get_json()
    assert "NeutronError" in cloud.get("/network/v2.0/nothing/at/all").get_json()
    assert cloud.get("/nowhere").get_json()["error"]["code"] == 404


def test_a_method_that_is_not_there_is_405(cloud):
    assert cloud.delete("/compute/v2.1/flavors").status_code == 405
