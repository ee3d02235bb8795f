"""A user's own templates: letterhead, logo and sections go in; failures, odd images and fetching do not."""

import io

import pikepdf
import pytest
from PIL import Image
from reports.pack_builder import build

from govern.errors import DocumentError, UsageError
from govern.exchange.pdf import read_attachments
from govern.exchange.pdf_figures import check_figures
from govern.exchange.pdf_manifest import check_manifest
from govern_reports import markup, render_html, render_markdown, render_pack
from govern_reports.view.build import build as build_view
from govern_reports.view.figures import Register


def logo(kind="PNG"):
    data = io.BytesIO()
    Image.new("RGB", (40, 20), "#123a6b").save(data, kind)
    return data.getvalue()


def html_of(folder):
    return markup.html(build_view(build(), Register(())), folder).decode("utf-8")


def test_letterhead_logo_section_and_style_are_on_paper_and_pass_the_check(tmp_path):
    (tmp_path / "logo.png").write_bytes(logo())
    (tmp_path / "letterhead.html.j2").write_text('<p class="letterhead"><img src="{{ "logo.png" | image }}" alt="The house\'s mark" width="40"> Model risk office</p>')
    (tmp_path / "after.html.j2").write_text('<section id="house"><h1><span class="number">A</span> House rules</h1><p>Said by {{ view.title }}</p></section>')
    (tmp_path / "extra.css").write_text(".letterhead { color: #5b6470 }")
    done = render_pack(build(), tmp_path / "pack.pdf", templates=tmp_path)
    attachments = read_attachments(done.path)
    assert b"House rules" in attachments["report.html"]
    assert attachments["report.css"].endswith(b".letterhead { color: #5b6470 }")
    check_figures(done.path, attachments, check_manifest(attachments))
    with pikepdf.open(done.path) as pdf:
        words = [str(item.get("/Alt")) for item in pdf.objects if isinstance(item, pikepdf.Dictionary) and item.get("/S") == "/Figure"]
    assert "The house's mark" in words


EXTRA = """{% import "parts.html.j2" as parts %}
<section id="house"><h1><span class="number">A</span> House <em>rules</em></h1>
<p>Said <strong>twice</strong> of {{ '<b> *x* #1' }}<br>and more.</p><style>p { color: red }</style>
{{ parts.facts([("Asked by", [{"text": "the board", "href": "", "figure": "", "tone": ""}])]) }}
<table><caption>Who</caption><thead><tr><th>Name</th><th>Role</th></tr></thead><tbody><tr><td>a|b</td><td>owner</td></tr></tbody></table>
<ol><li>one</li><li>two<ul><li>half</li></ul></li></ol><pre>  as *it*
stands</pre><img src="{{ "logo.png" | image }}" alt="The house's mark"></section>"""
SAID = r"""## A House *rules*

Said **twice** of \<b\> \*x\* \#1 and more.

- Asked by: the board

Who

| Name | Role |
| --- | --- |
| a\|b | owner |

1. one
1. two
  - half

      as *it*
    stands

*Picture: The house's mark*
"""


def test_your_sections_are_in_the_markdown_too(tmp_path):
    (tmp_path / "logo.png").write_bytes(logo())
    (tmp_path / "letterhead.html.j2").write_text("<p>Model risk office</p>")
    (tmp_path / "before.html.j2").write_text("<section><h2>Before all</h2>{{ view.title }}</section>")
    (tmp_path / "after.html.j2").write_text(EXTRA)
    text = render_markdown(build(), tmp_path / "pack.md", templates=tmp_path).read_text("utf-8")
    assert text.startswith("Model risk office\n\n# ")
    assert text.index("### Before all\n\nEvidence pack") < text.index("## 1 ")
    assert text.endswith("\n\n" + SAID)


@pytest.mark.parametrize(("text", "words"), [
    ("{{ view.nothing.here }}", "nothing"), ("{% if %}", "template fails"), ("{{ 1 / 0 }}", "division"),
    ("{{ ''.__class__.__mro__ }}", "template fails"), ('{{ "sub/up.png" | image }}', "not an image in"), ('{{ "logo.png" | image }}', "can't be read"), ('{{ "../up.png" | image }}', "not an image in"),
    ("{% include 'elsewhere.j2' %}", "template fails"),
])
def test_a_template_that_fails_says_where_and_nothing_is_written(tmp_path, text, words):
    (tmp_path / "after.html.j2").write_text(text)
    with pytest.raises(DocumentError, match=words):
        render_html(build(), tmp_path / "pack.html", templates=tmp_path)
    assert not (tmp_path / "pack.html").exists()


@pytest.mark.parametrize("text", ["\n{{ nothing.here }}", "\n{% if %}", "\n{{ 1 / 0 }}", "\n{% include 'elsewhere.j2' %}"])
def test_the_place_is_in_the_users_own_template_and_not_in_the_one_that_includes_it(tmp_path, text):
    (tmp_path / "after.html.j2").write_text(text)
    with pytest.raises(DocumentError) as raised:
        html_of(tmp_path)
    assert raised.value.where.endswith("after.html.j2:2")


@pytest.mark.parametrize("data", [b"", b"not an image", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n\x1a\n" + b"\0" * 200, logo("GIF")])
def test_an_image_that_is_none_is_refused(tmp_path, data):
    (tmp_path / "logo.png").write_bytes(data)
    (tmp_path / "letterhead.html.j2").write_text('{{ "logo.png" | image }}')
    with pytest.raises(DocumentError, match="not a PNG or JPEG"):
        html_of(tmp_path)


def test_a_picture_that_is_too_large_is_refused(tmp_path):
    (tmp_path / "logo.png").write_bytes(logo() + bytes(markup.MAX_IMAGE))
    with pytest.raises(DocumentError, match="at most 2 MB"):
        markup.image(tmp_path, "logo.png")


def test_templates_see_only_escaped_text(tmp_path):
    (tmp_path / "after.html.j2").write_text("<p>{{ '<script>' }}</p>")
    assert "&lt;script&gt;" in html_of(tmp_path)


def test_a_jpeg_is_an_image_too(tmp_path):
    (tmp_path / "logo.jpg").write_bytes(logo("JPEG"))
    (tmp_path / "letterhead.html.j2").write_text('<img src="{{ "logo.jpg" | image }}" alt="mark">')
    assert 'src="data:image/jpeg;base64,' in html_of(tmp_path)


@pytest.mark.parametrize("render", [render_pack, render_html, render_markdown])
def test_a_folder_that_would_change_nothing_is_refused(tmp_path, render):
    (tmp_path / "lettterhead.html.j2").write_text("misspelt")
    (tmp_path / "file").write_text("no folder")
    for folder, words in ((tmp_path / "nowhere", "is no folder"), (tmp_path / "file", "is no folder"), (tmp_path, "no template that a pack uses")):
        with pytest.raises(UsageError, match=words):
            render(build(), tmp_path / "pack", templates=folder)
    assert not (tmp_path / "pack").exists()


@pytest.mark.parametrize("name", ["letterhead.html.j2", "extra.css"])
def test_a_template_that_is_no_text_is_named(tmp_path, name):
    (tmp_path / name).write_bytes(b"\xff\xfe bad")
    with pytest.raises(DocumentError, match=name):
        render_html(build(), tmp_path / "pack.html", templates=tmp_path)


@pytest.mark.parametrize("address", ["file:///etc/passwd", "http://127.0.0.1:9/logo.png", "logo.png"])
def test_a_template_that_asks_for_something_outside_is_told_and_gives_no_pack(tmp_path, address):
    (tmp_path / "letterhead.html.j2").write_text(f'<img src="{address}" alt="logo">')
    with pytest.raises(DocumentError, match=r"outside the pack: .*" + address.rpartition("/")[2]):
        render_pack(build(), tmp_path / "pack.pdf", templates=tmp_path)
    assert not (tmp_path / "pack.pdf").exists()
