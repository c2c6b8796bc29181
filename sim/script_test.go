package sim

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func drawSettings(t *rapid.T) []Setting {
	var settings []Setting
	for _, name := range rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z0-9-]{1,6}`), 0, 3, rapid.ID).Draw(t, "names") {
		setting := Setting{Name: name}
		for _, key := range rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z-]{1,6}`), 0, 3, rapid.ID).Draw(t, "keys") {
			setting.Values = append(setting.Values, Value{key, rapid.StringMatching(`[!-~äж世]{0,8}`).Draw(t, "text")})
		}
		settings = append(settings, setting)
	}
	return settings
}

func TestScriptsKeepTheirText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		script := Script{
			Program: "p", Version: "1.2", Scenario: "swarm", Seed: rapid.Uint64().Draw(t, "seed"),
			Settings: drawSettings(t), Hosts: drawSettings(t),
		}
		if rapid.Bool().Draw(t, "note") {
			script.Note = "what this is\n\n  indented\n"
		}
		for range rapid.IntRange(0, 3).Draw(t, "faults") {
			script.Plan.Faults = append(script.Plan.Faults, drawFault(t))
		}
		for range rapid.IntRange(0, 3).Draw(t, "inputs") {
			script.Plan.Inputs = append(script.Plan.Inputs, Input{
				At: time.Second, Host: "a", Args: rapid.SliceOfN(rapid.String(), 1, 3).Draw(t, "args"),
			})
		}
		parsed, err := ParseScript(script.String())
		if err != nil || !reflect.DeepEqual(parsed, script) {
			t.Fatalf("%v became %v, %v", script, parsed, err)
		}
		clone := script.Clone()
		if !reflect.DeepEqual(clone, script) {
			t.Fatalf("%v was cloned as %v", script, clone)
		}
	})
}

const heading = "format 1\nprogram p\nversion v\nscenario s\nseed 1\n"

func TestScriptsThatDoNotFitSayWhy(t *testing.T) {
	for text, words := range map[string]string{
		"":                               `no line "format"`,
		"format 1\nprogram p\nversion v": `no line "scenario"`,
		"program p\n":                    `where the line "format" must be`,
		"# note\n\nformat 2\n":           "line 3: the format is 2, and only 1 is understood",
		strings.Replace(heading, "1\n", "x\n", 1):        "the format is x",
		strings.Replace(heading, "seed 1", "seed -1", 1): "line 5",
		heading + "set":                 "a name must come first",
		heading + "set a b":             `"b" is not key=value`,
		heading + "set a b=1 b=2":       "two of b",
		heading + "host a\nhost a":      "two of a",
		heading + "1s nonsense hosts=a": "line 6",
		heading + "seed 2":              "line 6",
	} {
		if _, err := ParseScript(text); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%q: %v, want ...%s...", text, err, words)
		}
	}
}
