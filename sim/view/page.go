package view

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/ember-cluster/ember/sim"
)

// Meta is what a page tells of the run as a whole.
type Meta struct {
	Title string   `json:"title"`
	Lines []string `json:"lines"` // on the setting and the outcome, for people
	// Verdict is the run's, Detail what a checker found. Both are empty while the run goes on.
	Verdict string `json:"verdict"`
	Detail  string `json:"detail"`
	// Failure is where the run failed, if it did.
	Failure *Failure `json:"failure,omitempty"`
	// Space is what hosts share, if there is something; see Facts.Share.
	Space Space `json:"space"`
	// Unexplained are the operations in which a checker found what is wrong. The page opens there.
	Unexplained []int `json:"unexplained,omitempty"`
	// Explanation is another page, complete HTML, that shows what the checker found. Empty: none.
	Explanation string `json:"explanation,omitempty"`
	// Live says that the page is fed by a run that goes on.
	Live bool `json:"live,omitempty"`
}

// Failure is the instant at which a run failed.
type Failure struct {
	Time  time.Duration `json:"time"`
	Event uint64        `json:"event"`
	Host  string        `json:"host,omitempty"`
	Text  string        `json:"text"`
}

// Space is something that hosts share among them, such as hash slots.
type Space struct {
	Name string `json:"name"`
	Size int    `json:"size"`
}

//go:embed assets
var assets embed.FS

// scripts are the scripts of the page in their order: each may use what those before it define, when it is loaded.
var scripts = []string{
	"run.js", "units.js", "palette.js", "viewport.js", "search.js", "rows.js", "paint_lanes.js", "paint_shares.js",
	"paint_operations.js", "paint_messages.js", "pointer.js", "timeline.js", "overview.js", "log.js", "inspector.js", "cursor.js", "keys.js",
	"app.js",
}

// liveScripts come on top in a page that is fed by a run that goes on.
var liveScripts = []string{"live_controls.js", "live_map.js", "live.js"}

// WritePage writes one self-contained page of a run, given as its chunks in order.
func WritePage(out io.Writer, meta Meta, chunks ...Chunk) error {
	data, err := pack(content{meta, actionNames(), chunks})
	if err != nil {
		return err
	}
	return writePage(out, meta, data, scripts)
}

// WriteLivePage writes a page without a run, which takes chunks as they come: live.js tells how.
func WriteLivePage(out io.Writer, meta Meta) error {
	meta.Live = true
	data, err := pack(content{meta, actionNames(), []Chunk{}})
	if err != nil {
		return err
	}
	return writePage(out, meta, data, append(append([]string{}, scripts...), liveScripts...))
}

// content is the data of a page.
type content struct {
	Meta    Meta     `json:"meta"`
	Actions []string `json:"actions"` // names by number
	Chunks  []Chunk  `json:"chunks"`
}

// actionNames are the names of all actions of records.
func actionNames() []string {
	var names []string
	for action := sim.Action(0); action.String() != "unknown"; action++ {
		names = append(names, action.String())
	}
	return names
}

// pack encodes what a page shows as JSON, compressed, in base64.
func pack(value content) (string, error) {
	var packed bytes.Buffer
	text := base64.NewEncoder(base64.URLEncoding, &packed)
	compressed, err := gzip.NewWriterLevel(text, gzip.BestSpeed)
	if err != nil {
		return "", err
	}
	if err := json.NewEncoder(compressed).Encode(value); err != nil {
		return "", fmt.Errorf("view: %w", err)
	}
	if err := compressed.Close(); err != nil {
		return "", err
	}
	if err := text.Close(); err != nil {
		return "", err
	}
	return packed.String(), nil
}

// script is one script of the page, with its name for the browser's debugger.
type script struct {
	Text template.JS
}

func writePage(out io.Writer, meta Meta, data string, names []string) error {
	page, err := template.ParseFS(assets, "assets/page.html")
	if err != nil {
		return fmt.Errorf("view: %w", err)
	}
	style, err := assets.ReadFile("assets/page.css")
	if err != nil {
		return fmt.Errorf("view: %w", err)
	}
	var all []script
	for _, name := range names {
		text, err := assets.ReadFile("assets/" + name)
		if err != nil {
			return fmt.Errorf("view: %w", err)
		}
		all = append(all, script{template.JS(strings.TrimSpace(string(text)) + "\n//# sourceURL=" + name + "\n")})
	}
	return page.Execute(out, map[string]any{
		"Title": meta.Title, "Style": template.CSS(style), "Data": template.JS(data), "Scripts": all, "Live": meta.Live,
	})
}
