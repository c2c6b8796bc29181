package linearizability

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
)

// TestGolden runs the scripts in testdata. A line of a history is
//
//	client call-return command → reply
//
// with times in seconds, and as reply a status, a number, "a value", nil, [a list], (an error), or the outcome failed,
// unknown or applied. The arguments of check are clock-error=1s and budget=100.
func TestGolden(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			history := parseHistory(t, d.Input)
			switch d.Cmd {
			case "check":
				report := Check(history, goldenOptions(t, d))
				return report.String()
			case "resolve":
				applied := map[uint64]time.Duration{}
				for _, arg := range d.CmdArgs { // 3=1.5 says that the third operation was applied at 1.5 s
					id, err := strconv.ParseUint(arg.Key, 10, 64)
					if err != nil {
						t.Fatal(err)
					}
					applied[id] = parseSeconds(t, arg.Vals[0])
				}
				report := Check(resolve(history, applied), Options{})
				return "unlogged:\n" + List(Unlogged(history, logged(applied))) + "resolved:\n" + List(resolve(history, applied)) + report.String()
			}
			d.Fatalf(t, "no such directive: %s", d.Cmd)
			return ""
		})
	})
}

func goldenOptions(t *testing.T, d *datadriven.TestData) Options {
	t.Helper()
	var options Options
	for _, arg := range d.CmdArgs {
		var err error
		switch arg.Key {
		case "clock-error":
			options.MaxClockError, err = time.ParseDuration(arg.Vals[0])
		case "budget":
			options.StepBudget, err = strconv.Atoi(arg.Vals[0])
		default:
			err = fmt.Errorf("no such option: %s", arg.Key)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return options
}

// parseHistory reads a history. IDs count from 1.
func parseHistory(t testing.TB, text string) []Operation {
	t.Helper()
	var history []Operation
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		left, reply, ok := strings.Cut(line, " → ")
		words := strings.Fields(left)
		if !ok || len(words) < 3 {
			t.Fatalf("history: %q", line)
		}
		client, err := strconv.Atoi(words[0])
		if err != nil {
			t.Fatal(err)
		}
		call, end, _ := strings.Cut(words[1], "-")
		for j, word := range words {
			if word == `""` {
				words[j] = ""
			}
		}
		o := Operation{ID: uint64(i + 1), Client: client, Args: words[2:], Call: parseSeconds(t, call), Return: parseSeconds(t, end)}
		switch reply = strings.TrimSpace(reply); reply {
		case "failed":
			o.Outcome = Failed
		case "unknown":
			o.Outcome = Unknown
		case "applied":
			o.Outcome = Applied
		default:
			o.Reply = parseReply(t, reply)
		}
		history = append(history, o)
	}
	return history
}

func parseSeconds(t testing.TB, text string) time.Duration {
	t.Helper()
	if text == "" {
		return Never
	}
	d, err := time.ParseDuration(text + "s")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// parseReply reads what Reply.String writes.
func parseReply(t testing.TB, text string) Reply {
	t.Helper()
	reply, rest := cutReply(t, text)
	if strings.TrimSpace(rest) != "" {
		t.Fatalf("reply %q: what is %q?", text, rest)
	}
	return reply
}

// cutReply reads the reply at the start of a text and returns the rest.
func cutReply(t testing.TB, text string) (reply Reply, rest string) {
	t.Helper()
	text = strings.TrimLeft(text, " ")
	switch {
	case strings.HasPrefix(text, "("):
		line, rest, _ := strings.Cut(text[1:], ")")
		return errorReply(line), rest
	case strings.HasPrefix(text, `"`):
		quoted, err := strconv.QuotedPrefix(text)
		if err != nil {
			t.Fatal(err)
		}
		value, err := strconv.Unquote(quoted)
		if err != nil {
			t.Fatal(err)
		}
		return bulkReply(value), text[len(quoted):]
	case strings.HasPrefix(text, "["):
		list := Reply{Kind: Array}
		for rest = strings.TrimLeft(text[1:], " "); !strings.HasPrefix(rest, "]"); rest = strings.TrimLeft(rest, " ") {
			if rest == "" {
				t.Fatalf("reply %q has no end", text)
			}
			var item Reply
			item, rest = cutReply(t, rest)
			list.Items = append(list.Items, item)
		}
		return list, rest[1:]
	}
	end := strings.IndexAny(text+" ", " ]")
	word, rest := text[:end], text[end:]
	if n, err := strconv.ParseInt(word, 10, 64); err == nil {
		return integerReply(n), rest
	}
	if word == "nil" {
		return Reply{Kind: Nil}, rest
	}
	return statusReply(word), rest
}
