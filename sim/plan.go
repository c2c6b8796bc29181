package sim

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// An Input is something that the outside world asks of a host, such as an operation of a client: an EventInput with
// these arguments. A host that is down never gets it.
type Input struct {
	At   time.Duration // virtual time
	Host string
	Args []string // any bytes
}

// A Plan is what comes to a run from outside: what goes wrong, and what is asked of it.
type Plan struct {
	Faults []Fault `json:"faults"`
	Inputs []Input `json:"inputs"`
}

// String returns the plan as text, a line for each fault and each input, which ParsePlan takes back.
func (p Plan) String() string {
	var text strings.Builder
	for _, f := range p.Faults {
		text.WriteString(f.String())
		text.WriteByte('\n')
	}
	for _, in := range p.Inputs {
		text.WriteString(in.String())
		text.WriteByte('\n')
	}
	return text.String()
}

// ParsePlan takes what String has written. Empty lines and lines that begin with # are skipped.
func ParsePlan(text string) (Plan, error) {
	var p Plan
	for number, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if err := p.add(line); err != nil {
			return Plan{}, fmt.Errorf("line %d: %w", number+1, err)
		}
	}
	return p, nil
}

func (p *Plan) add(line string) error {
	if words := strings.Fields(line); len(words) > 1 && words[1] == "input" {
		in, err := ParseInput(line)
		p.Inputs = append(p.Inputs, in)
		return err
	}
	f, err := ParseFault(line)
	p.Faults = append(p.Faults, f)
	return err
}

// String returns the input as one line, which ParseInput takes back:
//
//	1.5s input client-1 SET key "two words"
func (in Input) String() string {
	line := fmt.Appendf(nil, "%v input %s", in.At, in.Host)
	for _, arg := range in.Args {
		line = append(line, ' ')
		if plainArg(arg) {
			line = append(line, arg...)
		} else {
			line = strconv.AppendQuote(line, arg)
		}
	}
	return string(line)
}

// plainArg reports whether an argument stands for itself in a line.
func plainArg(arg string) bool {
	for i := 0; i < len(arg); i++ {
		if arg[i] <= ' ' || arg[i] >= 0x7f {
			return false
		}
	}
	return arg != "" && arg[0] != '"'
}

// ParseInput takes a line that String has written.
func ParseInput(line string) (Input, error) {
	in, err := parseInput(line)
	if err != nil {
		return Input{}, fmt.Errorf("sim: input %q: %w", line, err)
	}
	return in, nil
}

func parseInput(line string) (in Input, err error) {
	at, rest := cutWord(line)
	if in.At, err = time.ParseDuration(at); err != nil {
		return in, err
	}
	kind, rest := cutWord(rest)
	in.Host, rest = cutWord(rest)
	if kind != "input" || !validName(in.Host) || in.At < 0 {
		return in, fmt.Errorf("a time, the word input and the name of a host must come first")
	}
	for {
		rest = strings.TrimLeft(rest, " \t")
		if rest == "" {
			return in, nil
		}
		var arg string
		if rest[0] != '"' {
			arg, rest = cutWord(rest)
		} else {
			quoted, err := strconv.QuotedPrefix(rest)
			if err != nil {
				return in, err
			}
			if arg, err = strconv.Unquote(quoted); err != nil {
				return in, err
			}
			rest = rest[len(quoted):]
		}
		in.Args = append(in.Args, arg)
	}
}

// cutWord returns the first word of a line and what follows it.
func cutWord(line string) (word, rest string) {
	line = strings.TrimLeft(line, " \t")
	if end := strings.IndexAny(line, " \t"); end >= 0 {
		return line[:end], line[end:]
	}
	return line, ""
}

// inputJSON is the JSON form of an input. An argument that is not valid UTF-8, or begins with a quotation mark, is
// written as a Go string literal.
type inputJSON struct {
	At   string   `json:"at"`
	Host string   `json:"host"`
	Args []string `json:"args"`
}

// MarshalJSON implements json.Marshaler.
func (in Input) MarshalJSON() ([]byte, error) {
	form := inputJSON{At: in.At.String(), Host: in.Host, Args: make([]string, len(in.Args))}
	for i, arg := range in.Args {
		if !utf8.ValidString(arg) || strings.HasPrefix(arg, `"`) {
			arg = strconv.Quote(arg)
		}
		form.Args[i] = arg
	}
	return json.Marshal(form)
}

// UnmarshalJSON implements json.Unmarshaler.
func (in *Input) UnmarshalJSON(data []byte) error {
	var form inputJSON
	if err := json.Unmarshal(data, &form); err != nil {
		return err
	}
	parsed := Input{Host: form.Host}
	var err error
	if parsed.At, err = time.ParseDuration(form.At); err != nil {
		return err
	}
	if !validName(form.Host) || parsed.At < 0 {
		return fmt.Errorf("sim: input %s: the host's name or the time is wrong", data)
	}
	for _, arg := range form.Args {
		if strings.HasPrefix(arg, `"`) {
			if arg, err = strconv.Unquote(arg); err != nil {
				return err
			}
		}
		parsed.Args = append(parsed.Args, arg)
	}
	*in = parsed
	return nil
}
