"""How a version comes out: which tag is a release, who may do what, its notes, and the tags that are set and moved."""

import hashlib
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.fakes import repos
from tests.releases import DIGEST, RELEASE, ROOT, VERSION, bash, jobs, step


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """As the checkout leaves it: a commit of the default branch, every branch and tag known."""
    files = {
        "pyproject.toml": '[project]\nversion = "0.3.1"\n',
        "CHANGELOG.md": "# Changelog\n\n## 0.3.1 - 2026-12-01\n\n- It is out.\n",
    }
    repos.make(tmp_path / "origin", files)
    repos.git(tmp_path, "clone", "--quiet", str(tmp_path / "origin"), str(tmp_path / "clone"))
    return tmp_path / "clone"


def asked(clone: Path, tag: str) -> tuple[int, str, str]:
    done = bash(step("version", "version"), clone, GITHUB_REF_NAME=tag, BRANCH=repos.git(clone, "branch", "--show-current").strip())
    output = clone.parent / "output"
    return done.returncode, done.stdout, output.read_text() if output.exists() else ""


def test_a_tag_on_the_default_branch_whose_files_say_the_same_version_is_a_release(clone: Path):
    assert asked(clone, "source/v0.3.1") == (0, "", "version=v0.3.1\n")


@pytest.mark.parametrize(
    "tag", ["source/0.3.1", "source/v0.3", "source/v0.3.01", "source/v0.3.1-rc1", "source/v0.3.1;id", "source/v"]
)
def test_what_is_no_version_is_no_release(clone: Path, tag: str):
    code, said, output = asked(clone, tag)
    assert (code, output) == (1, "")
    assert "is not like source/v1.2.3" in said


def test_a_commit_beside_the_default_branch_is_no_release(clone: Path):
    branch = repos.git(clone, "branch", "--show-current").strip()
    repos.git(clone, "switch", "--quiet", "-c", "aside")
    repos.git(clone, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--allow-empty", "-m", "aside")
    done = bash(step("version", "version"), clone, GITHUB_REF_NAME="source/v0.3.1", BRANCH=branch)
    assert done.returncode == 1
    assert "does not have this commit" in done.stdout


def test_a_version_that_is_out_is_not_made_again(clone: Path):
    repos.git(clone, "tag", "v0.3.1")
    assert "what is out does not change" in asked(clone, "source/v0.3.1")[1]


def test_the_project_and_the_changelog_have_to_say_the_version(clone: Path):
    assert "pyproject.toml does not say" in asked(clone, "source/v0.3.2")[1]
    (clone / "pyproject.toml").write_text('version = "0.3.2"\n')
    assert "CHANGELOG.md has no heading ## 0.3.2" in asked(clone, "source/v0.3.2")[1]
    (clone / "pyproject.toml").write_text('version = "0.3"\n')
    assert asked(clone, "source/v0.3.1")[0] == 1


def test_our_own_files_name_the_version_in_the_form_that_is_looked_for():
    assert f'version = "{VERSION}"' in (ROOT / "pyproject.toml").read_text().splitlines()


def test_nothing_is_made_before_ci_has_passed_on_the_very_commit():
    assert jobs()["ci"]["uses"] == "$/.github/workflows/ci.yml"
    assert all({"version", "ci"} <= set(jobs()[name]["needs"]) for name in ("wheel", "image"))
    assert ("wheel" in jobs()["draft"]["needs"], "image" in jobs()["push"]["needs"]) == (True, True)
    assert {"draft", "push"} <= set(jobs()["tag"]["needs"])


def test_each_right_is_held_by_the_jobs_alone_that_need_it_and_who_tags_cannot_sign():
    rights = {name: job["permissions"] for name, job in jobs().items()}
    assert [name for name, had in rights.items() if had.get("id-token")] == ["draft", "push"]
    assert [name for name, had in rights.items() if had.get("packages")] == ["push"]
    assert rights["push"]["contents"] == "read"
    assert rights["tag"] == {"contents": "write"}


def test_a_job_that_builds_may_nothing_but_read_and_hands_on_what_another_signs():
    builders = [name for name, job in jobs().items() if any(each.get("name") == "build" for each in job.get("steps", []))]
    assert builders == ["wheel", "image"]
    for name, next_ in (("wheel", "draft"), ("image", "push")):
        job = jobs()[name]
        assert job["permissions"] == {"contents": "read"}
        (given,) = (each["with"] for each in job["steps"] if each.get("uses", "").startswith("actions/upload-artifact@"))
        (taken,) = (
            each["with"] for each in jobs()[next_]["steps"] if each.get("uses", "").startswith("actions/download-artifact@")
        )
        assert given["name"] == taken["name"] == name
        assert given["if-no-files-found"] == "error"
        assert taken["path"] == "${{ runner.temp }}/taken", "over the checkout it would replace what signs"
        assert job["outputs"] == {"sha256": "${{ steps.build.outputs.sha256 }}"}
        assert f"needs.{name}.outputs.sha256" in str(jobs()[next_]["steps"])
    assert yaml.safe_load(RELEASE.read_text())["permissions"] == {}


def test_no_step_that_builds_has_a_token():
    for name, job in jobs().items():
        assert "github.token" not in str(job.get("env", {})), name
        having = [each["name"] for each in job.get("steps", []) if "GH_TOKEN" in each.get("env", {})]
        assert having == [each["name"] for each in job.get("steps", []) if re.search(r"gh |attest|GH_TOKEN", each.get("run", ""))]
        assert "build" not in having


def test_what_moves_the_tag_that_templates_name_waits_for_an_environment_whose_token_no_other_job_has():
    assert [name for name, job in jobs().items() if "environment" in job] == ["tag"]
    assert [name for name, job in jobs().items() if "secrets." in str(job)] == ["tag"]


def test_the_notes_of_a_release_are_its_part_of_the_changelog(tmp_path: Path):
    work = tmp_path / "work"
    (work / "dist").mkdir(parents=True)
    (work / "dist" / "route_agent-0.3.1-py3-none-any.whl").touch()
    (work / "CHANGELOG.md").write_text(
        "# C\n\n## Unreleased\n\n- later\n\n## 0.3.1 - a day\n\n### Added\n- this\n\n## 0.3.10\n- not\n\n## 0.3.0\n- old\n"
    )
    gh = f'echo "$@" >> "{tmp_path}/asked"; [[ $2 != view ]]'
    assert bash(step("draft", "draft"), work, {"gh": gh}, VERSION="v0.3.1").returncode == 0
    assert (work / "notes.md").read_text() == "\n### Added\n- this\n\n"
    assert [line.split()[1] for line in (tmp_path / "asked").read_text().splitlines()] == ["view", "create", "upload"]
    assert "--draft" in (tmp_path / "asked").read_text()
    given = (tmp_path / "asked").read_text().splitlines()[-1].split()[4:]
    assert given == [f"dist/route_agent-0.3.1-py3-none-any.whl{more}" for more in ("", ".sigstore.json")], (
        "what is signed, and nothing else"
    )


def test_what_is_signed_is_what_its_builder_has_said(tmp_path: Path):
    """Any job of a run can replace what another has uploaded; what a builder says of itself no other can."""
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "route_agent-0.3.1-py3-none-any.whl").write_text("a wheel")
    (taken / "image.tar.gz").write_text("an image")
    (taken / "attest").write_text("what else was put in")
    for job, name in (("draft", "route_agent-0.3.1-py3-none-any.whl"), ("push", "image.tar.gz")):
        right = hashlib.sha256((taken / name).read_bytes()).hexdigest()
        for said, code in ((right, 0), ("0" * 64, 1), ("", 1)):
            work = tmp_path / f"{job}-{said[:4]}"
            work.mkdir()
            done = bash(step(job, "take"), work, {"docker": "true"}, VERSION="v0.3.1", SHA256=said, RUNNER_TEMP=str(tmp_path))
            assert done.returncode == code, done.stderr
            assert [path.name for path in work.rglob("*") if path.is_file()] == ([name] if (job, code) == ("draft", 0) else [])


def released(folder: Path, image: str, version: str = "v0.3.1", *, more: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """The step that tags, on a clone of a small repository, where the versions `more` are out."""
    repos.make(folder / "origin", {"action.yml": (ROOT / "action.yml").read_text()})
    for tag in more:
        repos.git(folder / "origin", "tag", tag)
    repos.git(folder, "clone", "--quiet", str(folder / "origin"), str(folder / "clone"))
    return bash(step("tag", "tag"), folder / "clone", VERSION=version, IMAGE=image, REMOTE=str(folder / "origin"))


def test_a_release_is_a_tag_whose_action_names_its_image_by_digest_and_the_major_tag_follows(tmp_path: Path):
    done = released(tmp_path, DIGEST, more=("v0", "v0.3.0", "v0.2.9"))
    assert done.returncode == 0, done.stderr
    origin = tmp_path / "origin"
    assert repos.git(origin, "tag").split() == ["v0", "v0.2.9", "v0.3.0", "v0.3.1"]
    assert repos.git(origin, "rev-parse", "v0^{commit}") == repos.git(origin, "rev-parse", "v0.3.1^{commit}")
    pinned = yaml.safe_load(repos.git(origin, "show", "v0:action.yml"))
    assert pinned["runs"]["image"] == f"docker://{DIGEST}"
    whole = yaml.safe_load((ROOT / "action.yml").read_text())
    assert pinned | {"runs": pinned["runs"] | {"image": "Dockerfile"}} == whole
    assert whole["runs"]["image"] == "Dockerfile", "the default branch builds its own"


def test_the_digest_to_verify_is_read_out_of_the_action_that_runs_as_the_page_says(tmp_path: Path):
    assert released(tmp_path, DIGEST, "v0.1.0").returncode == 0
    (line,) = (each for each in (ROOT / "SECURITY.md").read_text().splitlines() if each.startswith("image="))
    origin = tmp_path / "origin"
    assert bash(f'{line}; echo "$image"', origin).stdout.strip() == DIGEST


def test_a_repair_of_an_older_version_leaves_the_major_tag_where_it_is(tmp_path: Path):
    assert released(tmp_path, DIGEST, "v0.3.2", more=("v0", "v0.10.0", "v1.0.0")).returncode == 0
    origin = tmp_path / "origin"
    assert repos.git(origin, "rev-parse", "v0") == repos.git(origin, "rev-parse", "v0.10.0")
    assert "v0.3.2" in repos.git(origin, "tag").split()


def test_a_version_is_never_moved(tmp_path: Path):
    assert released(tmp_path, DIGEST, more=("v0.3.1",)).returncode != 0
    origin = tmp_path / "origin"
    assert repos.git(origin, "tag").split() == ["v0.3.1"]
    assert repos.git(origin, "rev-parse", "v0.3.1") == repos.git(origin, "rev-parse", "HEAD")


def test_without_a_digest_nothing_is_released(tmp_path: Path):
    assert released(tmp_path, "ghcr.io/octo/agent:latest").returncode == 1
    assert repos.git(tmp_path / "origin", "tag") == ""
