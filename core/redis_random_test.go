package core

import (
	"slices"
	"strings"
	"testing"

	"github.com/ember-cluster/ember/core/command"
	"pgregory.net/rapid"
)

// drawnRows are the commands whose replies depend on nothing but what was sent before, or on the time in a way that can be
// compared.
func drawnRows() (rows []*command.Row) {
	unfit := []string{
		"dump", "keys", "migrate", "object", "randomkey", "restore-asking", "role", "scan", "wait", // chance, history, and what cannot fail
	}
	groups := []string{"string", "bitmap", "generic", "transactions"}
	for _, row := range command.Rows() {
		if slices.Contains(groups, row.Group) && !slices.Contains(unfit, row.Name) {
			rows = append(rows, row)
		}
	}
	return append(rows, command.Lookup([]byte("echo")), command.Lookup([]byte("select")), command.Lookup([]byte("flushall")))
}

var (
	drawnKeys   = rapid.SampledFrom([]string{"{t}1", "{t}2", "{t}3", "{t}4", "{t}", "other"})
	drawnValues = rapid.SampledFrom([]string{
		"", "a", "abc", "0", "1", "-1", "10", "12345678901234567890", "9223372036854775807", "-9223372036854775808", "1.5", "-0.1", "3.0e3",
		" 1", "1 ", "+1", "007", "nan", "\x00", "\xff\x00\xf0", "a longer text that does not fit into an embedded string of Redis",
	})
	drawnIntegers = rapid.SampledFrom([]string{
		"0", "1", "2", "7", "8", "100", "-1", "-2", "-100", "1000", "4294967295", "4294967296", "9223372036854775807", "-9223372036854775808",
		"9223372036854775808", "", "x", "1.0", " 1", "01", "#1", "#0", "1048576", "536870912",
	})
	drawnDoubles = rapid.SampledFrom([]string{"0", "1", "-1.5", "0.1", "1e3", "1e-7", "3.14159265358979", "1e17", "inf", "nan", "x", "", "1e400", "0x1p3"})
	// A time is far from now, so that both servers see it on the same side.
	drawnTimes = rapid.SampledFrom([]string{
		"0", "-1", "1000000", "100000000", "9223372036854775807", "-9223372036854775808", "9223372036854775", "x", "", "1.5",
	})
	drawnBitTypes = rapid.SampledFrom([]string{"u8", "i8", "u1", "i64", "u63", "i5", "u64", "u0", "x", "i3"})
	drawnPatterns = rapid.SampledFrom([]string{"*", "a*", "[^a]", "{t}?", "\\*", "["})
)

// drawAnyCommand draws a command as its documentation has it, and then perhaps spoils it.
func drawAnyCommand(t *rapid.T, rows []*command.Row) []string {
	row := rapid.SampledFrom(rows).Draw(t, "row")
	if len(row.Subcommands) > 0 {
		row = rapid.SampledFrom(row.Subcommands).Draw(t, "subcommand")
	}
	words := strings.Split(row.Name, "|")
	timed := row.Group == "generic" || slices.Contains([]string{"set", "getex", "setex", "psetex"}, row.Name)
	for i := range row.Arguments {
		words = drawArgument(t, words, &row.Arguments[i], timed)
	}
	if len(words) > 1 && rapid.IntRange(0, 4).Draw(t, "spoil") == 0 {
		at := rapid.IntRange(1, len(words)-1).Draw(t, "at")
		switch rapid.IntRange(0, 2).Draw(t, "how") {
		case 0:
			words = slices.Delete(words, at, at+1)
		case 1:
			words = slices.Insert(words, at, words[at])
		case 2:
			words[at] = rapid.OneOf(drawnValues, drawnTimes).Draw(t, "instead")
		}
	}
	return words
}

func drawArgument(t *rapid.T, words []string, a *command.Argument, timed bool) []string {
	if a.Optional && rapid.Bool().Draw(t, "omit") {
		return words
	}
	count := 1
	if a.Multiple {
		count = rapid.IntRange(1, 3).Draw(t, "count")
	}
	if a.Token != "" && a.Type != command.TokenArgument {
		words = append(words, a.Token)
	}
	for range count {
		switch a.Type {
		case command.KeyArgument:
			words = append(words, drawnKeys.Draw(t, "key"))
		case command.IntegerArgument, command.TimeArgument:
			if timed || a.Type == command.TimeArgument {
				words = append(words, drawnTimes.Draw(t, "time"))
			} else {
				words = append(words, drawnIntegers.Draw(t, "integer"))
			}
		case command.DoubleArgument:
			words = append(words, drawnDoubles.Draw(t, "double"))
		case command.PatternArgument:
			words = append(words, drawnPatterns.Draw(t, "pattern"))
		case command.TokenArgument:
			words = append(words, a.Token)
		case command.OneOf:
			words = drawArgument(t, words, &a.Arguments[rapid.IntRange(0, len(a.Arguments)-1).Draw(t, "alternative")], timed)
		case command.Block:
			for i := range a.Arguments {
				words = drawArgument(t, words, &a.Arguments[i], timed)
			}
		default:
			if a.Name == "encoding" {
				words = append(words, drawnBitTypes.Draw(t, "type"))
			} else {
				words = append(words, drawnValues.Draw(t, "value"))
			}
		}
	}
	return words
}

// TestRandomCommandsAreAnsweredAsByRedis compares the replies to drawn commands.
func TestRandomCommandsAreAnsweredAsByRedis(t *testing.T) {
	r := newRivals(t)
	if r == nil {
		return
	}
	rows := drawnRows()
	rapid.Check(t, func(t *rapid.T) {
		r.both(1, "RESET")
		r.both(1, "FLUSHALL")
		r.both(1, "HELLO", rapid.SampledFrom([]string{"2", "3"}).Draw(t, "protocol"))
		for range rapid.IntRange(1, 40).Draw(t, "commands") {
			words := drawAnyCommand(t, rows)
			if depends(words) {
				continue
			}
			node, redis := r.both(1, words...)
			compare := comparisons[""]
			if name := strings.ToLower(words[0]); strings.HasSuffix(name, "ttl") || strings.HasSuffix(name, "expiretime") || name == "exec" {
				compare = comparisons["digits"]
			}
			if !compare(node, redis) {
				t.Fatalf("%q\n node %.600q\nredis %.600q", words, node, redis)
			}
		}
	})
}

// depends reports whether a command's effect depends on the millisecond in which it comes.
func depends(words []string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return strings.EqualFold(word, "gt") || strings.EqualFold(word, "lt") })
}
