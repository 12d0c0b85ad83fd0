"""Makes a picture of a comment as GitHub shows it: `python docs/picture.py COMMENT.md OUT.png ASSETS`.

Needs Chromium, and in the folder ASSETS what `npm i mermaid github-markdown-css` brings. `python3 dev.py e2e` leaves the comments
of its stories in `.e2e/comments`.
"""

import html
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from markdown_it import MarkdownIt

PAGE = """<!doctype html><meta charset="utf-8">
<link rel="stylesheet" href="{assets}/node_modules/github-markdown-css/github-markdown-light.css">
<style>body{{margin:0;background:#fff}} .markdown-body{{width:{width}px;padding:16px 20px;box-sizing:border-box}}</style>
<article class="markdown-body">{body}</article>
<script src="{assets}/node_modules/mermaid/dist/mermaid.min.js"></script>
<script>mermaid.initialize({{startOnLoad: true, theme: "neutral"}})</script>
"""
WIDTH, HEIGHT = 900, 1_130


def page(text: str, assets: Path) -> str:
    """The comment's HTML; numbers that change with every run (a port, a commit) are left as they are."""
    plain = re.sub(r"http://127\.0\.0\.1:\d+", "https://github.example", text)
    body = MarkdownIt("commonmark", {"html": True}).enable("table").render(plain)
    drawn = re.compile(r'<pre><code class="language-mermaid">(.*?)</code></pre>', re.DOTALL)
    body = drawn.sub(lambda found: f'<pre class="mermaid">{html.unescape(found[1])}</pre>', body)
    return PAGE.format(assets=assets.resolve(), width=WIDTH, body=body)


def main(comment: str, out: str, assets: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "page.html"
        source.write_text(page(Path(comment).read_text(encoding="utf-8"), Path(assets)), encoding="utf-8")
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars", "--virtual-time-budget=8000"]
        flags += [
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            f"--user-data-dir={folder}/profile",
        ]
        shot = [f"--screenshot={Path(out).resolve()}", f"--window-size={WIDTH},{HEIGHT}", source.as_uri()]
        subprocess.run(["chromium", *flags, *shot], check=True, capture_output=True, timeout=120)


if __name__ == "__main__":
    main(*sys.argv[1:])
