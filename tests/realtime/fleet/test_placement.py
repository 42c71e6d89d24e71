"""Where streams go: on machines with room, evenly, and never to and fro."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from realtime.fleet.placement import Need, Node, choose, to_move

SIZES = st.lists(st.integers(1, 16), min_size=1, max_size=6)
NEEDS = st.lists(st.sampled_from([0.25, 0.5, 1.0, 2.0]), max_size=20)


def nodes_of(sizes: list[int]) -> list[Node]:
    return [Node(f"id{number}", f"10.0.0.{number}", float(cpus)) for number, cpus in enumerate(sizes)]


def placed(needs: list[float], nodes: list[Node]) -> dict[str, tuple[str, Need]]:
    streams: dict[str, tuple[str, Need]] = {}
    for number, cpus in enumerate(needs):
        node = choose(Need(cpus), nodes, taken_by(streams))
        if node is not None:
            streams[f"s{number}"] = (node.id, Need(cpus))
    return streams


def taken_by(streams: dict[str, tuple[str, Need]]) -> dict[str, list[Need]]:
    taken: dict[str, list[Need]] = {}
    for node_id, need in streams.values():
        taken.setdefault(node_id, []).append(need)
    return taken


def load(node: Node, streams: dict[str, tuple[str, Need]]) -> float:
    return sum(need.cpus for need in taken_by(streams).get(node.id, [])) / node.cpus


@given(SIZES, NEEDS)
def test_no_machine_is_overfilled(sizes: list[int], needs: list[float]) -> None:
    nodes = nodes_of(sizes)
    streams = placed(needs, nodes)
    assert all(load(node, streams) <= 1 + 1e-6 for node in nodes)
    left_out = [cpus for number, cpus in enumerate(needs) if f"s{number}" not in streams]
    for cpus in left_out:  # what found no room then finds none at the end either
        assert choose(Need(cpus), nodes, taken_by(streams)) is None


@given(SIZES, NEEDS, st.integers(1, 8))
def test_moving_comes_to_an_end_with_all_in_place(sizes: list[int], needs: list[float], joins: int) -> None:
    nodes = nodes_of(sizes)
    streams = placed(needs, nodes)
    nodes.append(Node("new", "10.0.1.1", float(joins)))
    for _ in range(200):
        move = to_move(streams, nodes)
        if move is None:
            break
        name, node = move
        before = max(load(each, streams) for each in nodes)
        assert streams[name][0] != node.id
        streams[name] = (node.id, streams[name][1])
        assert max(load(each, streams) for each in nodes) <= before + 1e-9
    else:
        raise AssertionError("it never ends")
    assert all(load(node, streams) <= 1 + 1e-6 for node in nodes)


def test_a_new_machine_takes_its_half() -> None:
    old, new = nodes_of([4, 4])
    streams = placed([1.0] * 4, [old])
    moves = 0
    while (move := to_move(streams, [old, new])) is not None:
        streams[move[0]] = (move[1].id, streams[move[0]][1])
        moves += 1
    assert moves == 2


def test_a_stream_that_belongs_to_a_machine_stays_there() -> None:
    nodes = nodes_of([4, 4])
    need = Need(1.0, node="10.0.0.1")
    assert choose(need, nodes, {}) == nodes[1]
    assert choose(need, nodes[:1], {}) is None
    assert to_move({"a": ("id1", need), "b": ("id1", need)}, nodes) is None


def test_a_share_of_a_gpu() -> None:
    plain, strong = Node("a", "a", 8.0), Node("b", "b", 8.0, gpus=1.0)
    need = Need(1.0, gpus=0.5)
    assert choose(need, [plain, strong], {}) == strong
    assert choose(need, [plain, strong], {"b": [need]}) == strong
    assert choose(need, [plain, strong], {"b": [need, need]}) is None
