"""What a notebook shows of a result."""

from dataclasses import replace

from imagecluster.functions.running import run
from pictures import draw_groups


def test_a_result_shows_covers_and_counts_in_a_notebook(tmp_path):
    """Names are escaped, covers are inside, what is left out is said, and a picture that is gone leaves a blank."""
    result = run([draw_groups(tmp_path / "pics")])
    html = result._repr_html_()
    assert "3 clusters · 9 pictures in them · 0 singles · similarity 0.5<" in html
    assert html.count("data:image/jpeg;base64,") == 3
    assert "<script" not in html
    some = result.show(n_clusters=1)._repr_html_()
    assert some.count("<figure") == 1
    assert "1 of them shown" in some
    named = replace(result.clusters.clusters[0], name="<b>Sea</b>")
    result = replace(result, clusters=replace(result.clusters, clusters=(named,), hidden=(1, 2)))
    result.paths[named.representative].unlink()
    html = result._repr_html_()
    assert "&lt;b&gt;Sea&lt;/b&gt;" in html
    assert "2 hidden" in html
    assert "<img" not in html
