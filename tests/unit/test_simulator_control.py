"""Recipes and the controller that follows them."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xovac_tui.simulator.controller import Controller, Measured
from xovac_tui.simulator.machine import Machine
from xovac_tui.simulator.parameters import load_parameters
from xovac_tui.simulator.program import Program, ProgramItem, Unfit, moment, read_program

PARAMETERS = load_parameters()


def read(payload: Any) -> Program:
    return read_program(payload, PARAMETERS.recipe, PARAMETERS.controller, "ramp")


def recipe(*items: Any) -> dict[str, Any]:
    return {"name": "R", "recipe": list(items)}


def test_a_recipe_is_read() -> None:
    program = read(recipe([60, 600, 0.0], [-20.5, 1200.0, 99]))
    assert program == Program("R", (ProgramItem(60.0, 600.0), ProgramItem(-20.5, 1200.0)), "ramp")
    assert program.duration == 1800.0


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (None, "not a JSON object"),
        ([], "not a JSON object"),
        ("text", "not a JSON object"),
        ({}, "no name"),
        ({"name": " ", "recipe": [[1, 2, 3]]}, "no name"),
        ({"name": 5, "recipe": [[1, 2, 3]]}, "no name"),
        ({"name": "x" * 501, "recipe": [[1, 2, 3]]}, "longer than 500"),
        ({"name": "R"}, "no items"),
        (recipe(), "no items"),
        ({"name": "R", "recipe": "abc"}, "no items"),
        (recipe(*[[20, 1, 0]] * 1001), "1001 items"),
        (recipe([20, 1]), "item 1 is not an array"),
        (recipe([20, 1, 0], "abc"), "item 2 is not an array"),
        (recipe({"a": 1}), "item 1 is not an array"),
        (recipe(["20", 1, 0]), "not a finite number"),
        (recipe([True, 1, 0]), "not a finite number"),
        (recipe([None, 1, 0]), "not a finite number"),
        (recipe([float("nan"), 1, 0]), "not a finite number"),
        (recipe([20, float("inf"), 0]), "not a finite number"),
        (recipe([10**400, 1, 0]), "not a finite number"),
        (recipe([500, 1, 0]), "outside -80 to 130 degC"),
        (recipe([20, -1, 0]), "duration of item 1"),
        (recipe([20, 1e12, 0]), "duration of item 1"),
    ],
)
def test_a_bad_recipe_gets_a_sentence(payload: Any, words: str) -> None:
    with pytest.raises(Unfit) as refused:
        read(payload)
    assert words in str(refused.value)
    assert str(refused.value).startswith("Could not load recipe as ")
    assert str(refused.value).endswith(".")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.sampled_from(["name", "recipe", "x"]), inner, max_size=3)
        ),
    )
)
def test_whatever_comes_is_a_program_or_a_sentence(payload: Any) -> None:
    try:
        words = read(payload).name
    except Unfit as refused:
        words = str(refused)
    assert words.strip()


def test_units_are_a_parameter(tmp_path: Any) -> None:
    file = tmp_path / "p.toml"
    file.write_text(
        "[recipe]\n"
        'temperature_unit = { value = "K", unit = "word", origin = "assumed" }\n'
        'duration_unit = { value = "min", unit = "word", origin = "assumed" }\n'
    )
    parameters = load_parameters(file)
    program = read_program(recipe([293.15, 2, 0]), parameters.recipe, parameters.controller, "ramp")
    assert program.items[0].target == pytest.approx(20.0)
    assert program.items[0].duration == 120.0


def test_ramp_moves_the_setpoint_over_the_duration() -> None:
    program = Program(
        "R", (ProgramItem(60.0, 100.0), ProgramItem(60.0, 50.0), ProgramItem(0.0, 60.0)), "ramp"
    )
    at = [moment(program, 20.0, elapsed) for elapsed in (0.0, 50.0, 120.0, 180.0)]
    assert [m and (m.setpoint, m.step) for m in at] == [(20.0, 1), (40.0, 1), (60.0, 2), (30.0, 3)]
    assert at[0] is not None
    assert at[0].slope == pytest.approx(0.4)
    assert at[3] is not None
    assert (at[3].in_step, at[3].left_in_step, at[3].slope) == (30.0, 30.0, -1.0)
    assert moment(program, 20.0, 210.0) is None


def test_jump_holds_the_target_for_the_duration() -> None:
    program = Program("R", (ProgramItem(60.0, 100.0), ProgramItem(0.0, 60.0)), "jump")
    first, second = moment(program, 20.0, 0.0), moment(program, 20.0, 100.0)
    assert first is not None
    assert second is not None
    assert (first.setpoint, first.slope, first.step) == (60.0, 0.0, 1)
    assert (second.setpoint, second.step) == (0.0, 2)


def test_an_item_of_no_duration_is_passed_over() -> None:
    program = Program("R", (ProgramItem(60.0, 0.0), ProgramItem(80.0, 10.0)), "ramp")
    now = moment(program, 20.0, 0.0)
    assert now is not None
    assert (now.step, now.setpoint) == (2, 60.0)


def machine_with(*items: ProgramItem, reading: Any = "ramp") -> Machine:
    machine = Machine(PARAMETERS, warm=True)
    machine.load(Program("R", items, reading))
    machine.start()
    return machine


@pytest.mark.parametrize(("target", "ramp"), [(60.0, 2700.0), (0.0, 3000.0), (-20.0, 4200.0)])
def test_the_part_follows_a_fair_ramp_and_stays_there(target: float, ramp: float) -> None:
    machine = machine_with(ProgramItem(target, ramp), ProgramItem(target, 7200.0))
    machine.step(ramp * 0.6)
    assert machine.now is not None
    assert machine.thermal.celsius("part") == pytest.approx(machine.now.setpoint, abs=1.0)
    machine.step(ramp * 0.4 + 3600.0)
    for _ in range(6):
        machine.step(300.0)
        assert machine.thermal.celsius("part") == pytest.approx(target, abs=0.3)


def test_a_jump_reaches_its_target_without_a_wild_overshoot() -> None:
    machine = machine_with(ProgramItem(50.0, 9000.0), reading="jump")
    highest = 0.0
    for _ in range(800):
        machine.step(10.0)
        highest = max(highest, machine.thermal.celsius("part"))
    assert machine.thermal.celsius("part") == pytest.approx(50.0, abs=0.5)
    assert highest < 54.0


def test_ramps_slow_down_near_the_limits() -> None:
    machine = machine_with(ProgramItem(-80.0, 600.0), ProgramItem(-80.0, 40000.0))
    rates, output = [], []
    for _ in range(12):
        before = machine.thermal.celsius("part")
        machine.step(1200.0)
        rates.append((before - machine.thermal.celsius("part")) / 20.0)
        output.append(machine.controller.output[0])
    assert output[0] == -1.0, "the strings give all they have"
    assert rates[0] > 1.0, "K/min at first"
    assert all(later < earlier for earlier, later in itertools.pairwise(rates))
    assert rates[-1] < 0.05
    assert -70 < machine.thermal.celsius("part") < -30, "the floor is above the target"


def test_heating_ends_below_the_hot_limit() -> None:
    machine = machine_with(ProgramItem(130.0, 600.0), ProgramItem(130.0, 30000.0))
    # After 20 of these it stays as it is.
    for _ in range(30):
        machine.step(300.0)
        assert machine.thermal.celsius("internal_1") < PARAMETERS.controller.hot_limit
    assert machine.thermal.celsius("part") > 90


def test_the_loops_do_not_wind_up_at_their_limits() -> None:
    controller = Controller(PARAMETERS)
    stuck = Measured(20.0, 20.0, (20.0, 20.0), (20.0, 20.0))
    for _ in range(5000):
        controller.step(1.0, -60.0, 0.0, stuck)
    assert controller.output == (-1.0, -1.0)
    assert (controller.lead, controller.push) == (0.0, 0.0)
    controller.step(1.0, 30.0, 0.0, stuck)
    assert controller.output == (1.0, 1.0), "it turns round at once"

    controller.reset()
    for _ in range(5000):
        # The shroud leads by all it may, and the strings have room to spare.
        controller.step(1.0, 60.0, 0.0, Measured(20.0, 85.0, (85.0, 85.0), (20.0, 20.0)))
    assert controller.lead == 0.0


def test_a_moving_setpoint_is_led_before_there_is_an_error() -> None:
    steady = Measured(20.0, 20.0, (20.0, 20.0), (20.0, 20.0))
    leading = Controller(PARAMETERS)
    leading.step(1.0, 20.0, 1 / 60, steady)
    assert leading.output[0] > 0.5
    resting = Controller(PARAMETERS)
    resting.step(1.0, 20.0, 0.0, steady)
    assert resting.output[0] == 0.0


def test_cooling_is_taken_back_where_the_exchanger_gets_too_warm() -> None:
    limit = PARAMETERS.controller.exchanger_limit

    def output(exchanger: float) -> float:
        controller = Controller(PARAMETERS)
        controller.step(1.0, -60.0, 0.0, Measured(20.0, 20.0, (20.0, 20.0), (exchanger, 20.0)))
        assert controller.output[1] == -1.0, "the other string goes on"
        return controller.output[0]

    assert output(limit - 20) == -1.0
    assert -1.0 < output(limit - 3) < 0.0
    assert output(limit) == output(limit + 50) == 0.0


def test_the_second_string_is_the_weaker_one() -> None:
    machine = machine_with(ProgramItem(-80.0, 600.0), ProgramItem(-80.0, 9000.0))
    machine.step(3000.0)
    (first, second), _ = machine.controller.currents()
    assert 0 < second < first


def test_a_recipe_ends_by_itself_and_the_strings_rest() -> None:
    machine = machine_with(ProgramItem(40.0, 300.0))
    machine.step(299.0)
    assert machine.mode == "running"
    machine.step(2.0)
    assert (machine.mode, machine.state, machine.now) == ("idle", "finished", None)
    machine.step(1.0)
    assert machine.thermal.electrical == 0.0
    machine.start()
    assert machine.mode == "running", "it is still loaded"


def test_nothing_starts_without_a_program() -> None:
    with pytest.raises(ValueError, match="no program"):
        Machine(PARAMETERS).start()


def frames(seed: int) -> list[str]:
    machine = Machine(PARAMETERS, seed, warm=True)
    machine.load(Program("R", (ProgramItem(60.0, 600.0),), "ramp"))
    machine.start()
    seen = []
    for _ in range(30):
        machine.step(10.0)
        seen.append(json.dumps(machine.chamber_state()))
    return seen


def test_the_same_seed_gives_the_same_readings_and_another_does_not() -> None:
    assert frames(7) == frames(7)
    assert frames(7) != frames(8)


def test_readings_are_noisy_about_the_truth() -> None:
    machine = Machine(PARAMETERS, 5)
    readings = [machine.chamber_state()["shroud"] for _ in range(200)]
    mean = sum(readings) / len(readings)
    assert len(set(readings)) > 20
    assert mean == pytest.approx(21.0, abs=4 * PARAMETERS.sensors.temperature_offset)
