package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ScriptFormat is the version of the text form of scripts. A script of another format is refused.
const ScriptFormat = 1

// A Script is all that is decided about a run before it begins: what is simulated, how it is set up, what goes wrong
// and what is asked of it. What is left to chance follows from the seed, so a script gives the same run, bit for bit,
// wherever it is run. It is text that people can read and edit:
//
//	# Notes, if any.
//	format 1
//	program ember
//	version 0.1.0
//	scenario swarm
//	seed 42
//
//	set network latency=200µs loss=0
//	host node-1 share=1
//	host client-1 depth=2
//
//	1.5s partition hosts=node-1 for=2s
//	2s input client-1 SET key value
//
// The names of the settings, and of the hosts and what is set of them, are the program's.
type Script struct {
	Note     string // lines for people, written first
	Program  string // what is simulated
	Version  string // of the program that the script was written with
	Scenario string // where it came from
	Seed     uint64
	Settings []Setting // of the world as a whole
	Hosts    []Setting // by name of the host
	Plan     Plan
}

// A Setting is a named group of values: a line of a script.
type Setting struct {
	Name   string
	Values []Value
}

// A Value is one parameter of a setting. The text has no white space.
type Value struct {
	Key, Text string
}

// Clone returns a script that shares no slice with this one that an edit of settings or of the plan's lists would touch.
func (s *Script) Clone() Script {
	c := *s
	c.Settings, c.Hosts = cloneSettings(s.Settings), cloneSettings(s.Hosts)
	c.Plan = Plan{Faults: slices.Clone(s.Plan.Faults), Inputs: slices.Clone(s.Plan.Inputs)}
	return c
}

func cloneSettings(settings []Setting) []Setting {
	clone := slices.Clone(settings)
	for i := range clone {
		clone[i].Values = slices.Clone(clone[i].Values)
	}
	return clone
}

// String returns the script as text, which ParseScript takes back.
func (s *Script) String() string {
	var text strings.Builder
	for line := range strings.Lines(s.Note) {
		text.WriteString(strings.TrimRight("# "+strings.TrimRight(line, "\n"), " ") + "\n")
	}
	fmt.Fprintf(&text, "format %d\nprogram %s\nversion %s\nscenario %s\nseed %d\n\n",
		ScriptFormat, s.Program, s.Version, s.Scenario, s.Seed)
	for _, setting := range s.Settings {
		text.WriteString("set " + setting.String() + "\n")
	}
	for _, host := range s.Hosts {
		text.WriteString("host " + host.String() + "\n")
	}
	text.WriteString("\n" + s.Plan.String())
	return text.String()
}

// String returns the setting as it is written in a script.
func (s *Setting) String() string {
	line := s.Name
	for _, value := range s.Values {
		line += " " + value.Key + "=" + value.Text
	}
	return line
}

// ParseScript takes what String has written. Lines may be empty or begin with #; those at the top are the note.
func ParseScript(text string) (Script, error) {
	p := scriptParser{missing: []string{"format", "program", "version", "scenario", "seed"}}
	heading := true
	for number, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if comment, ok := strings.CutPrefix(line, "#"); ok {
			if heading {
				p.script.Note += strings.TrimPrefix(comment, " ") + "\n"
			}
			continue
		}
		if line == "" {
			continue
		}
		heading = false
		if err := p.line(line); err != nil {
			return Script{}, fmt.Errorf("sim: script, line %d: %w", number+1, err)
		}
	}
	if len(p.missing) > 0 {
		return Script{}, fmt.Errorf("sim: script: there is no line %q", p.missing[0])
	}
	return p.script, nil
}

// scriptParser is a script of which some lines are read.
type scriptParser struct {
	script  Script
	missing []string // what the heading lacks, in order
}

func (p *scriptParser) line(line string) error {
	word, rest := cutWord(line)
	switch {
	case len(p.missing) > 0:
		if word != p.missing[0] {
			return fmt.Errorf("%q comes where the line %q must be", line, p.missing[0])
		}
		p.missing = p.missing[1:]
		return p.heading(word, strings.TrimSpace(rest))
	case word == "set":
		return addSetting(&p.script.Settings, rest)
	case word == "host":
		return addSetting(&p.script.Hosts, rest)
	}
	return p.script.Plan.add(line)
}

// heading takes one of the first lines.
func (p *scriptParser) heading(word, text string) (err error) {
	switch word {
	case "format":
		if text != strconv.Itoa(ScriptFormat) {
			err = fmt.Errorf("the format is %s, and only %d is understood", text, ScriptFormat)
		}
	case "program":
		p.script.Program = text
	case "version":
		p.script.Version = text
	case "scenario":
		p.script.Scenario = text
	case "seed":
		p.script.Seed, err = strconv.ParseUint(text, 10, 64)
	}
	return err
}

// addSetting takes "name key=text key=text".
func addSetting(settings *[]Setting, text string) error {
	words := strings.Fields(text)
	if len(words) == 0 || !validName(words[0]) {
		return fmt.Errorf("a name must come first, not %q", text)
	}
	setting := Setting{Name: words[0]}
	if slices.ContainsFunc(*settings, func(other Setting) bool { return other.Name == setting.Name }) {
		return fmt.Errorf("there are two of %s", setting.Name)
	}
	for _, word := range words[1:] {
		key, value, ok := strings.Cut(word, "=")
		if !ok || key == "" {
			return fmt.Errorf("%q is not key=value", word)
		}
		if slices.ContainsFunc(setting.Values, func(other Value) bool { return other.Key == key }) {
			return fmt.Errorf("there are two of %s", key)
		}
		setting.Values = append(setting.Values, Value{Key: key, Text: value})
	}
	*settings = append(*settings, setting)
	return nil
}
