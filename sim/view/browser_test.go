package view_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ember-cluster/ember/internal/browsertest"
	"github.com/ember-cluster/ember/sim/view"
)

// open writes the page of a run to a file and opens it.
func open(t *testing.T, meta view.Meta, chunk view.Chunk) (*browsertest.Page, bool) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run.html")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := view.WritePage(file, meta, chunk); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	page, ok := browsertest.Start(t, 1600, 1000)
	if ok {
		page.Open("file://"+path, "page !== null && page.run.records > 0 && page.timeline.frames > 0")
	}
	return page, ok
}

func TestPage(t *testing.T) {
	outcome, chunk := record(t, "swarm", 42)
	meta, err := outcome.Result.ViewMeta()
	if err != nil {
		t.Fatal(err)
	}
	meta.Title = "swarm, seed 42"
	page, ok := open(t, meta, chunk)
	if !ok {
		return
	}
	page.Screenshot("all")
	browsertest.Evaluate[bool](page, `page.goToFragment("event=20000&span=0.02&messages=all"), true`)
	page.Await("!page.timeline.requested")
	page.Screenshot("messages")
	if errors := page.Errors(); len(errors) > 0 {
		t.Errorf("the console shows %q", errors)
	}
}
