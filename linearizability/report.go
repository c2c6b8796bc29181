package linearizability

import (
	"errors"
	"fmt"
	"io"
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
	// Keys and Operations are of the first partition that is illegal, or else of the first that is undecided, in the order
	// of the calls.
	Keys       []string
	Operations []Operation
	// window is where an illegal partition goes wrong, nil if that took too many steps to find.
	window *window
}

// Window returns the smallest part of an illegal partition that was found to have no explanation, in the order of the
// calls, and what its keys could hold before it. Without one, ok is false.
//
// Operations that were still under way at the end of the window have lost their reply: it cannot be the cause.
func (r *Report) Window() (before string, smallest []Operation, ok bool) {
	if r.window == nil {
		return "", nil, false
	}
	return r.window.before.describe(r.window.partition.keys), operationsOf(r.window.calls), true
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
		fmt.Fprintf(&b, "%d of %d operations, before them %s\n", len(window), len(r.Operations), before)
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

// describe writes what the keys hold: k="v" until 2s–3s.
func (s *state) describe(keys []string) string {
	texts := make([]string, len(s.worlds))
	for i, w := range s.worlds {
		texts[i] = w.describe(keys)
	}
	return strings.Join(texts, " or ")
}

func (w world) describe(keys []string) string {
	words := make([]string, len(w))
	for place, e := range w {
		words[place] = shorten(keys[place]) + "=" + valueReply(e).String()
		if e != nil && e.expires {
			words[place] += fmt.Sprintf(" until %v–%v", e.low, e.high)
		}
	}
	return strings.Join(words, ", ")
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
	w := r.window
	model := w.partition.model(w.before, w.options, &budget{left: w.options.StepBudget})
	_, info := porcupine.CheckOperationsVerbose(model, porcupineHistory(w.calls), 0)
	annotations := make([]porcupine.Annotation, len(notes))
	for i, n := range notes {
		annotations[i] = porcupine.Annotation{Tag: n.Tag, Start: int64(n.At), End: int64(n.Until), Description: n.Text}
	}
	info.AddAnnotations(annotations)
	return porcupine.Visualize(model, info, out)
}
