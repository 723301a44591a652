"""Stories about what the compute service does with ports, and who may have it done."""

from tests.api.network.conftest import Net, World

from pileus.core.context import Context
from pileus.network import operations

ME = Context(user_id="u1", project_id="p1", roles=("member",))
BOSS = Context(user_id="admin-user", project_id="admin-project", roles=("admin", "member", "reader"))


def test_a_port_that_an_admin_has_made_for_a_server_belongs_to_the_servers_project(net: Net, world: World) -> None:
    network = world.network["id"]
    with net.cloud.database.write() as session:
        made = operations.create_port(session, BOSS, network_id=network, server_id="s1", project_id="p1")
        assert made.project_id == "p1"
    (group,) = net.listed("security_group")
    assert net.show("port", made.id)["security_groups"] == [group["id"]]


def test_a_port_is_unplugged_from_a_server_whoever_owns_it(net: Net, world: World) -> None:
    with net.cloud.database.write() as session:
        theirs = operations.create_port(session, BOSS, network_id=world.network["id"], server_id="s1").id
    with net.cloud.database.write() as session:
        operations.unplug_port(session, ME, theirs)
    net.ask("GET", f"/ports/{theirs}", expect=404)
    net.cloud.settle()
    assert net.cloud.runner.runs[-1][0] == "network/port_absent.yml"
