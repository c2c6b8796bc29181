package view

import (
	"path"
	"slices"
	"testing"
)

// An asset that no page uses is dead, and one that a page lacks would be found by its users only.
func TestEveryAssetIsUsed(t *testing.T) {
	entries, err := assets.ReadDir("assets")
	if err != nil {
		t.Fatal(err)
	}
	used := slices.Concat(scripts, liveScripts, []string{"page.html", "page.css"})
	for _, entry := range entries {
		at := slices.Index(used, entry.Name())
		if at < 0 {
			t.Errorf("no page uses %s", path.Join("assets", entry.Name()))
			continue
		}
		used = slices.Delete(used, at, at+1)
	}
	if len(used) > 0 {
		t.Errorf("there are no assets %q", used)
	}
}
