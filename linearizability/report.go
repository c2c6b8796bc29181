package linearizability

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// Report is the outcome of a check.
type Report struct {
	Verdict Verdict
	// Err says why a history could not be judged: it breaks a rule of Operation or has a command that is not modelled.
	Err error
	// Partitions is how many there are, Steps how many steps of the model they took.
	Partitions, Steps int
	// Keys and Operations are of a partition that is illegal, or else of the first that is undecided, in the order of the
	// calls.
	Keys       []string
	Operations []Operation
	// window is where an illegal partition goes wrong, nil if that took too many steps to find.
	window *window
}

// Window returns the smallest part of an illegal partition that was found to have no explanation, in the order of the
// calls, and how things could stand before it: what the keys held, and which of the operations that were under way had taken
// effect. Without one, ok is false. The window ends with the first reply that has no explanation; of operations that were
// still under way then, the replies do not count.
func (r *Report) Window() (before string, smallest []Operation, ok bool) {
	if r.window == nil {
		return "", nil, false
	}
	return r.window.describe(), operationsOf(r.window.calls), true
}

// String returns the verdict and, if it is not that the history is legal, the operations that it is about.
func (r *Report) String() string {
	var b strings.Builder
	switch {
	case r.Err != nil:
		fmt.Fprintf(&b, "%v: %v\n", r.Verdict, r.Err)
		return b.String()
	case r.Verdict == Legal:
		fmt.Fprintf(&b, "legal: %d partitions, %d steps\n", r.Partitions, r.Steps)
		return b.String()
	case r.Verdict == Undecided:
		fmt.Fprintf(&b, "undecided: the step budget was spent on the %d operations of keys %q\n", len(r.Operations), r.Keys)
		return b.String()
	}
	fmt.Fprintf(&b, "illegal: no order of the operations explains the replies of keys %q\n", r.Keys)
	if before, window, ok := r.Window(); ok {
		b.WriteString(List(r.window.earlier))
		fmt.Fprintf(&b, "then %s, and of %d operations these have no explanation:\n", before, len(r.Operations))
		b.WriteString(List(window))
	} else {
		b.WriteString(List(r.Operations))
	}
	return b.String()
}

// List writes operations for a reader, a line for each.
func List(operations []Operation) string {
	var b strings.Builder
	for i := range operations {
		o := &operations[i]
		end := "…"
		if o.Outcome != Unknown {
			end = o.Return.String()
		}
		fmt.Fprintf(&b, "  client %-3d #%-5d %12v – %-12s %s\n", o.Client, o.ID, o.Call, end, describeOperation(o))
	}
	return b.String()
}

// describeOperation writes "SET k v → OK".
func describeOperation(o *Operation) string {
	words := make([]string, len(o.Args))
	for i, arg := range o.Args {
		words[i] = shorten(arg)
	}
	text := strings.Join(words, " ")
	switch o.Outcome {
	case OK:
		return text + " → " + o.Reply.String()
	default:
		return text + " → " + o.Outcome.String()
	}
}

// String returns the reply on one line.
func (r Reply) String() string {
	switch r.Kind {
	case Nil:
		return "nil"
	case Status:
		return r.Text
	case Error:
		return "(" + r.Text + ")"
	case Integer:
		return strconv.FormatInt(r.Int, 10)
	case Array:
		items := make([]string, len(r.Items))
		for i, item := range r.Items {
			items[i] = item.String()
		}
		return "[" + strings.Join(items, " ") + "]"
	}
	return strconv.Quote(cut(r.Text))
}

// shorten writes an argument, in quotes if it could be misread.
func shorten(text string) string {
	for i := 0; i < len(text); i++ {
		if c := text[i]; c <= ' ' || c > '~' || c == '"' {
			return strconv.Quote(cut(text))
		}
	}
	if text == "" {
		return `""`
	}
	return cut(text)
}

// cut shows the ends of a long text.
func cut(text string) string {
	const shown = 24
	if len(text) <= 2*shown {
		return text
	}
	return fmt.Sprintf("%s…%d bytes…%s", text[:shown], len(text)-2*shown, text[len(text)-shown:])
}

// describe writes what the keys at some places hold: k="v" until 2s–3s.
func (w world) describe(keys []string, places []int) string {
	words := make([]string, len(places))
	for i, place := range places {
		words[i] = shorten(keys[place]) + "=" + valueReply(w[place]).String()
		if e := w[place]; e != nil && e.expires {
			words[i] += fmt.Sprintf(" until %v–%v", e.low, e.high)
		}
	}
	return strings.Join(words, " ")
}

// Note is a remark at an instant or over a span of the history, such as a fault, to be shown beside the operations.
type Note struct {
	Tag       string // notes of one tag share a line
	At, Until time.Duration
	Text      string
}

// errNoWindow is what WriteHTML returns if there is nothing to show.
var errNoWindow = errors.New("linearizability: there is no illegal window to show")

// WriteHTML writes porcupine's interactive view of the illegal window as one self-contained page. The order in which it
// lists partial explanations is not the same each time.
func (r *Report) WriteHTML(out io.Writer, notes ...Note) error {
	if r.window == nil {
		return errNoWindow
	}
	_, info := porcupine.CheckOperationsVerbose(r.window.model(), porcupineHistory(r.window.calls), 0)
	annotations := make([]porcupine.Annotation, len(notes))
	for i, n := range notes {
		annotations[i] = porcupine.Annotation{Tag: n.Tag, Start: int64(n.At), End: int64(n.Until), Description: n.Text}
	}
	info.AddAnnotations(annotations)
	return porcupine.Visualize(r.window.model(), info, out)
}

// model returns the window's model for porcupine. A state is a frontier; a call that is done in one of its configs from the
// start has no further effect there.
func (w *window) model() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return w.before },
		Step: func(s, input, _ any) (bool, any) {
			next := newFrontier()
			number := slices.Index(w.calls, input.(*call))
			for _, c := range s.(*frontier).configs {
				if slices.Contains(c.done, number) {
					next.add(c.done, c.state)
				} else if after := c.state.after(input.(*call), w.options.MaxClockError, nil); after != nil {
					next.add(c.done, after)
				}
			}
			return len(next.configs) > 0, next
		},
		Equal:             func(a, b any) bool { return a.(*frontier).equal(b.(*frontier)) },
		DescribeOperation: func(input, _ any) string { return describeOperation(input.(*call).operation) },
		DescribeState:     func(s any) string { return s.(*frontier).describe(w.keys, w.places, w.calls) },
	}
}
