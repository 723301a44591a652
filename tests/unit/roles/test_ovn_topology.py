"""What OVN is asked for, item by item, and which changes follow from what is there."""

import pytest

from role_modules import load

module = load("ovn_topology")

from ansible.module_utils.ovn_topology_network import network_rows  # noqa: E402
from ansible.module_utils.ovn_topology_plan import Found, plan, render, rewire  # noqa: E402
from ansible.module_utils.ovn_topology_port import port_rows  # noqa: E402
from ansible.module_utils.ovn_topology_router import router_rows  # noqa: E402
from ansible.module_utils.ovn_topology_rows import TABLES, derived_mac  # noqa: E402
from ansible.module_utils.ovn_topology_security import drop_group_rows, rule_match, security_group_rows  # noqa: E402

NO_ITEMS = {kind: [] for kind in module.KINDS}


def uuid(number):
    return f"00000000-0000-4000-8000-{number:012d}"


NET, SUBNET, PORT, GROUP, ROUTER, LEG, GATE, EXT, FIP, RULE = (uuid(number) for number in range(1, 11))
DEFAULTS = {"gateway_chassis": ["h1", "h2"], "dns_servers": ["9.9.9.9"], "dns_domain": "", "lease_time": 600}
SUB = {"id": SUBNET, "cidr": "10.0.0.0/24", "gateway_ip": "10.0.0.1", "enable_dhcp": True, "metadata_ip": "10.0.0.2"}
NETWORK = {"id": NET, "intent": "i", "name": "{{ 1 }}", "mtu": 1442, "external": None, "subnets": [SUB]}
PORT_ITEM = {
    "id": PORT,
    "network_id": NET,
    "mac": "FA:16:3E:00:00:11",
    "fixed_ips": [{"subnet_id": SUBNET, "ip_address": "10.0.0.11"}],
    "security_groups": [GROUP],
}
GATEWAY = {
    "port_id": GATE,
    "network_id": EXT,
    "mac": "fa:16:3e:00:01:01",
    "ip": "172.24.4.10/24",
    "gateway_ip": "172.24.4.1",
}
ROUTER_ITEM = {
    "id": ROUTER,
    "interfaces": [{"port_id": LEG, "network_id": NET, "mac": "fa:16:3e:00:00:01", "networks": ["10.0.0.1/24"]}],
    "gateway": GATEWAY,
    "snat_cidrs": ["10.0.0.0/24"],
    "routes": [{"destination": "10.9.0.0/16", "nexthop": "10.0.0.9"}],
    "floating_ips": [{"id": FIP, "external_ip": "172.24.4.20", "fixed_ip": "10.0.0.11", "port_id": PORT}],
}


def by_key(rows):
    return {(row.table, row.key): row for row in rows}


def found(rows, known):
    """The rows as if they had been made."""
    changes = plan([], rows, known)
    listed = []
    for number, change in enumerate(changes):
        columns = {column: change.after.get(column, []) for column in TABLES[change.table].columns}
        marks = change.after["external_ids"]
        listed.append(Found(change.table, change.key, str(number), columns, marks, change.joins))
    return listed


def keys(rows):
    return {(row.table, row.key) for row in rows}


ALL = keys(network_rows(NETWORK, DEFAULTS)) | {
    ("Port_Group", "pileus_drop"),
    ("Port_Group", "pg_" + GROUP.replace("-", "_")),
    ("Logical_Switch", f"pileus-{EXT}"),
}


def test_a_network_has_a_switch_a_metadata_port_and_dhcp_options():
    rows = by_key(network_rows(NETWORK, DEFAULTS))
    assert rows["Logical_Switch", f"pileus-{NET}"].external_ids["pileus:name"] == "{{ 1 }}"
    metadata = rows["Logical_Switch_Port", f"pileus-meta-{NET}"].columns
    assert metadata == {"type": "localport", "addresses": [f"{derived_mac(NET)} 10.0.0.2"]}
    assert rows["DHCP_Options", SUBNET].columns == {
        "cidr": "10.0.0.0/24",
        "options": {
            "server_id": "10.0.0.1",
            "server_mac": derived_mac(SUBNET),
            "lease_time": "600",
            "mtu": "1442",
            "router": "10.0.0.1",
            "dns_server": "{9.9.9.9}",
            "classless_static_route": "{169.254.169.254/32,10.0.0.2, 0.0.0.0/0,10.0.0.1}",
        },
    }


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"enable_dhcp": False}, None),
        ({"gateway_ip": None, "metadata_ip": None}, None),
        ({"gateway_ip": None}, {"server_id": "10.0.0.2", "classless_static_route": "{169.254.169.254/32,10.0.0.2}"}),
        ({"metadata_ip": None}, {"router": "10.0.0.1", "classless_static_route": None}),
        ({"dns_nameservers": ["1.1.1.1", "::1"]}, {"dns_server": "{1.1.1.1}"}),
        (
            {"metadata_ip": None, "host_routes": [{"destination": "10.1.0.0/16", "nexthop": "10.0.0.9"}]},
            {"classless_static_route": "{10.1.0.0/16,10.0.0.9, 0.0.0.0/0,10.0.0.1}"},
        ),
    ],
)
def test_dhcp_options_follow_the_subnet(change, expected):
    rows = by_key(network_rows({**NETWORK, "subnets": [{**SUB, **change}]}, DEFAULTS))
    row = rows.get(("DHCP_Options", SUBNET))
    assert (row is None) == (expected is None)
    for option, value in (expected or {}).items():
        assert row.columns["options"].get(option) == value


def test_an_ipv6_subnet_is_served_and_advertised():
    subnet = {"id": SUBNET, "cidr": "fd00::/64", "enable_dhcp": True, "ipv6_address_mode": "dhcpv6-stateless"}
    rows = by_key(network_rows({**NETWORK, "subnets": [subnet]}, {**DEFAULTS, "dns_servers": ["fd00::53", "9.9.9.9"]}))
    options = {"server_id": derived_mac(SUBNET), "dhcpv6_stateless": "true", "dns_server": "{fd00::53}"}
    assert rows["DHCP_Options", SUBNET].columns == {"cidr": "fd00::/64", "options": options}
    (port,) = port_rows({**PORT_ITEM, "fixed_ips": [{"subnet_id": SUBNET, "ip_address": "FD00::11"}]}, {})
    assert port.refs == {"dhcpv4_options": None, "dhcpv6_options": SUBNET}
    assert port.columns["port_security"] == ["fa:16:3e:00:00:11 fd00::11"]
    leg = {**ROUTER_ITEM["interfaces"][0], "networks": ["fd00::1/64"], "ipv6_ra_mode": "dhcpv6-stateless"}
    router = by_key(router_rows({"id": ROUTER, "interfaces": [leg]}, DEFAULTS))["Logical_Router_Port", f"lrp-{LEG}"]
    assert router.columns["ipv6_ra_configs"] == {"address_mode": "dhcpv6_stateless", "send_periodic": "true"}


def test_an_external_network_is_on_the_providers_wire():
    rows = by_key(network_rows({**NETWORK, "subnets": [], "external": {"physical_network": "p", "vlan": 7}}, DEFAULTS))
    columns = rows["Logical_Switch_Port", f"pileus-provnet-{NET}"].columns
    assert (columns["type"], columns["tag"], columns["options"]) == ("localnet", [7], {"network_name": "p"})


def test_a_secured_port_is_held_to_its_addresses_and_groups():
    pairs = [{"ip_address": "10.0.0.99"}, {"ip_address": "10.2.0.0/16", "mac_address": "fa:16:3e:00:00:99"}]
    (row,) = port_rows({**PORT_ITEM, "allowed_address_pairs": pairs}, {})
    assert row.columns["addresses"] == ["fa:16:3e:00:00:11 10.0.0.11", "fa:16:3e:00:00:99"]
    assert row.columns["port_security"] == ["fa:16:3e:00:00:11 10.0.0.11 10.0.0.99", "fa:16:3e:00:00:99 10.2.0.0/16"]
    assert row.groups == {"pileus_drop", "pg_" + GROUP.replace("-", "_")}
    assert row.refs == {"dhcpv4_options": SUBNET, "dhcpv6_options": None}


def test_a_port_without_port_security_may_do_what_it_likes():
    (row,) = port_rows({**PORT_ITEM, "port_security": False, "dhcp": False, "admin_state_up": False}, {})
    assert row.columns["addresses"] == ["fa:16:3e:00:00:11 10.0.0.11", "unknown"]
    assert (row.columns["port_security"], row.columns["enabled"], row.groups) == ([], [False], frozenset())
    assert row.refs["dhcpv4_options"] is None


def test_a_port_with_dhcp_options_of_its_own_extends_those_of_its_subnet():
    subnet = by_key(network_rows(NETWORK, DEFAULTS))["DHCP_Options", SUBNET].columns
    options = [
        {"opt_name": "bootfile-name", "opt_value": "a b"},
        {"opt_name": "26", "opt_value": "1400"},
        {"opt_name": "ntp-server", "opt_value": "10.0.0.3, 10.0.0.4"},
        {"opt_name": "unheard-of", "opt_value": "x"},
        {"opt_name": "mtu", "opt_value": "1300", "ip_version": 6},
    ]
    own, row = port_rows({**PORT_ITEM, "extra_dhcp_opts": options}, {SUBNET: subnet})
    added = {"bootfile_name": '"a b"', "mtu": "1400", "ntp_server": "{10.0.0.3, 10.0.0.4}"}
    assert own.columns["options"] == subnet["options"] | added
    assert row.refs["dhcpv4_options"] == PORT == row.external_ids["pileus:dhcpv4"]


def test_ports_of_routers_are_left_to_the_router():
    assert port_rows({**PORT_ITEM, "device_owner": "network:router_interface"}, {}) == []


def test_a_router_has_legs_a_gateway_with_chassis_routes_and_nat():
    rows = by_key(router_rows(ROUTER_ITEM, DEFAULTS))
    assert rows["Logical_Switch_Port", LEG].columns["options"] == {"router-port": f"lrp-{LEG}"}
    assert rows["Logical_Switch_Port", GATE].columns["options"]["nat-addresses"] == "router"
    chassis = [row for key, row in rows.items() if key[0] == "Gateway_Chassis"]
    assert sorted(row.columns["priority"] for row in chassis) == [1, 2]
    assert {row.columns["chassis_name"] for row in chassis} == {"h1", "h2"}
    assert rows["NAT", f"{ROUTER} 10.0.0.0/24"].columns["external_ip"] == "172.24.4.10"
    assert rows["NAT", FIP].columns["logical_port"] == []
    assert rows["Logical_Router_Static_Route", f"{ROUTER} 0.0.0.0/0 172.24.4.1"].columns["output_port"] == [
        f"lrp-{GATE}"
    ]
    assert rows["Logical_Router_Static_Route", f"{ROUTER} 10.9.0.0/16 10.0.0.9"].columns["nexthop"] == "10.0.0.9"


def test_a_router_without_snat_or_with_a_distributed_floating_ip():
    floating = {**ROUTER_ITEM["floating_ips"][0], "distributed": True, "mac": "fa:16:3e:00:02:01"}
    item = {**ROUTER_ITEM, "gateway": {**GATEWAY, "enable_snat": False, "chassis": ["h2"]}, "floating_ips": [floating]}
    rows = by_key(router_rows(item, DEFAULTS))
    assert [key for table, key in rows if table == "NAT"] == [FIP]
    assert rows["NAT", FIP].columns["external_mac"] == ["fa:16:3e:00:02:01"]
    assert [key for table, key in rows if table == "Gateway_Chassis"] == [f"lrp-{GATE}_h2"]


@pytest.mark.parametrize(
    "change",
    [
        {"gateway": None},
        {"interfaces": [{"port_id": "x", "networks": []}]},
        {"id": "$(reboot)"},
        {"gateway": {**GATEWAY, "ip": "?"}},
    ],
)
def test_a_router_that_makes_no_sense_is_refused(change):
    with pytest.raises(ValueError):
        router_rows({**ROUTER_ITEM, **change}, DEFAULTS)


G = "pg_" + GROUP.replace("-", "_")
INGRESS = {"id": RULE, "direction": "ingress", "ethertype": "IPv4"}


@pytest.mark.parametrize(
    ("rule", "match"),
    [
        ({}, "ip4"),
        ({"protocol": "any"}, "ip4"),
        ({"protocol": "icmp"}, "ip4 && icmp4"),
        (
            {"protocol": "1", "port_range_min": 8, "port_range_max": 0},
            "ip4 && icmp4 && icmp4.type == 8 && icmp4.code == 0",
        ),
        ({"ethertype": "IPv6", "protocol": "ipv6-icmp"}, "ip6 && icmp6"),
        ({"protocol": "tcp", "port_range_min": 22, "port_range_max": 22}, "ip4 && tcp && tcp.dst == 22"),
        ({"protocol": "17", "port_range_min": 1, "port_range_max": 9}, "ip4 && udp && udp.dst >= 1 && udp.dst <= 9"),
        ({"protocol": "sctp"}, "ip4 && sctp"),
        ({"protocol": "vrrp"}, "ip4 && ip.proto == 112"),
        ({"protocol": "99"}, "ip4 && ip.proto == 99"),
        ({"remote_ip_prefix": "10.0.0.7/8"}, "ip4 && ip4.src == 10.0.0.0/8"),
        ({"remote_group_id": GROUP}, f"ip4 && ip4.src == ${G}_ip4"),
        ({"ethertype": "IPv6", "remote_group_id": GROUP}, f"ip6 && ip6.src == ${G}_ip6"),
    ],
)
def test_a_rule_in_ovns_language(rule, match):
    assert rule_match(G, {**INGRESS, **rule}) == f"outport == @{G} && {match}"
    egress = rule_match(G, {**INGRESS, **rule, "direction": "egress"})
    assert egress == f"inport == @{G} && {match.replace('.src ==', '.dst ==')}"


@pytest.mark.parametrize(
    "rule",
    [
        {"protocol": "tcp || 1"},
        {"protocol": "300"},
        {"protocol": "gre", "port_range_min": 1},
        {"remote_ip_prefix": "0.0.0.0/0 || ip"},
        {"remote_ip_prefix": "::/0"},
        {"remote_group_id": "x) || ip"},
        {"protocol": "tcp", "port_range_min": "22 || 1"},
    ],
)
def test_what_would_be_code_in_a_rule_is_refused(rule):
    with pytest.raises(ValueError):
        rule_match(G, {**INGRESS, **rule})


def test_groups_allow_above_the_group_that_drops():
    allowed = by_key(security_group_rows({"id": GROUP, "stateful": False, "rules": [INGRESS]}))["ACL", RULE].columns
    assert (allowed["priority"], allowed["action"], allowed["direction"]) == (1002, "allow-stateless", "to-lport")
    dropped = [row.columns for row in drop_group_rows() if row.columns.get("action") == "drop"]
    assert {(acl["direction"], acl["priority"]) for acl in dropped} == {("from-lport", 1001), ("to-lport", 1001)}


@pytest.mark.parametrize(
    "rows",
    [
        network_rows(NETWORK, DEFAULTS),
        port_rows(PORT_ITEM, {}),
        router_rows(ROUTER_ITEM, DEFAULTS),
        security_group_rows({"id": GROUP, "rules": [INGRESS]}),
    ],
    ids=["network", "port", "router", "security group"],
)
def test_made_once_nothing_changes_and_removed_all_goes(rows):
    known = ALL | keys(rows)
    have = found(rows, known)
    assert plan(have, rows, known) == []
    gone = plan(have, [], known)
    assert {(change.action, change.table, change.key) for change in gone} == {("delete", *key) for key in keys(rows)}
    assert render(gone)["after"] == ""


def test_another_intent_alone_changes_nothing_but_signs_what_does_change():
    have = found(network_rows(NETWORK, DEFAULTS), ALL)
    assert plan(have, network_rows({**NETWORK, "intent": "j"}, DEFAULTS), ALL) == []
    (change,) = plan(have, network_rows({**NETWORK, "intent": "j", "mtu": 1400}, DEFAULTS), ALL)
    assert (change.action, change.table, sorted(change.after)) == (
        "update",
        "DHCP_Options",
        ["external_ids", "options"],
    )
    assert change.after["external_ids"]["pileus:intent"] == "j"
    assert 'mtu": "1442"' in render([change])["before"] and 'mtu": "1400"' in render([change])["after"]


def test_a_port_changes_its_groups():
    have = found(port_rows(PORT_ITEM, {}), ALL)
    (change,) = plan(have, port_rows({**PORT_ITEM, "security_groups": []}, {}), ALL)
    assert (change.joins, change.leaves, change.after) == (frozenset(), {G}, {})


def test_doubles_of_a_crash_or_a_race_go():
    rows = network_rows(NETWORK, DEFAULTS)
    have = found(rows, ALL)
    double = Found("DHCP_Options", SUBNET, "zz", have[-1].columns, have[-1].external_ids)
    (change,) = plan([*have, double], rows, ALL)
    assert (change.action, change.row_id) == ("delete", "zz")


@pytest.mark.parametrize("missing", [("Logical_Switch", f"pileus-{NET}"), ("Port_Group", G)])
def test_a_port_needs_its_network_and_groups(missing):
    with pytest.raises(ValueError, match=missing[1]):
        plan([], port_rows(PORT_ITEM, {}), ALL - {missing})


def test_a_subnet_that_gets_dhcp_serves_the_ports_that_are_there():
    have = found(port_rows(PORT_ITEM, {}), ALL - {("DHCP_Options", SUBNET)})
    assert have[0].columns["dhcpv4_options"] == []
    (change,) = rewire(have, plan([], network_rows(NETWORK, DEFAULTS), ALL))
    assert (change.key, change.after) == (PORT, {"dhcpv4_options": [SUBNET]})


class Database:
    """A northbound database that is empty (or has some rows) and remembers what it is told."""

    def __init__(self, refuse="", rows=()):
        self.refuse, self.rows, self.committed = refuse, list(rows), []

    def watch(self, clauses):
        pass

    def found(self):
        return self.rows

    def commit(self, changes):
        if self.refuse and any(self.refuse in change.key for change in changes):
            return "error: no"
        self.committed.append(changes)
        return None


def converge(database, **params):
    params = {**NO_ITEMS, **DEFAULTS, "state": "present", **params}
    jobs = module.jobs_of(params)
    module.prepare(database, jobs, params)
    module.apply(database, jobs)
    return {job.item["id"]: job.error for job in jobs}


def test_items_that_make_no_sense_fail_alone():
    database = Database()
    bad = {**NETWORK, "id": uuid(77), "subnets": [{**SUB, "cidr": "10.0.0.0/99"}]}
    groups = [{"id": GROUP, "rules": []}]
    errors = converge(database, networks=[NETWORK, bad, {"id": "x"}], security_groups=groups, ports=[PORT_ITEM])
    assert [key for key, error in errors.items() if error] == [uuid(77), "x"]
    assert len(database.committed) == 1


def test_dhcp_options_that_make_no_sense_fail_their_port_alone():
    rows = [network_rows(NETWORK, DEFAULTS), drop_group_rows(), security_group_rows({"id": GROUP, "rules": []})]
    have = [row for wanted in rows for row in found(wanted, ALL)]
    bad = {**PORT_ITEM, "id": uuid(79), "extra_dhcp_opts": [{"opt_name": "mtu", "opt_value": "much"}]}
    good = {**PORT_ITEM, "extra_dhcp_opts": [{"opt_name": "mtu", "opt_value": "1400"}]}
    errors = converge(Database(rows=have), ports=[bad, good])
    assert [key for key, error in errors.items() if error] == [uuid(79)]
    assert "much" in errors[uuid(79)]


def test_items_the_database_refuses_fail_alone():
    database = Database(refuse=uuid(78))
    errors = converge(database, networks=[NETWORK, {**NETWORK, "id": uuid(78), "subnets": []}])
    assert errors == {NET: None, uuid(78): "error: no"}
    assert len(database.committed) == 1


def test_an_item_listed_twice_counts_once():
    jobs = module.jobs_of({**NO_ITEMS, "networks": [NETWORK, NETWORK], "state": "present"})
    assert len(jobs) == 1
