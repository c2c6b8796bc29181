package view

// A Subject is a process that has something to show of its state.
type Subject interface {
	// Facts tells the present state. It is asked after every event of the process and must not change anything.
	Facts(f *Facts)
}

// Tone says how a fact is to be read. It decides the colour.
type Tone uint8

const (
	Plain   Tone = iota // neither good nor bad
	Leading             // the host has a special role
	Worried             // something may be wrong
	Wrong               // something is wrong
)

// Facts collect what a Subject tells about one instant.
type Facts struct {
	facts  []fact
	shared bool
	share  []int
}

type fact struct {
	name, value string
	tone        Tone
}

// Set tells one fact: a band in the host's lane that shows the value for as long as it stays the same. A host
// tells its facts in the same order each time; an empty value is not shown.
func (f *Facts) Set(name, value string, tone Tone) {
	f.facts = append(f.facts, fact{name, value, tone})
}

// Share tells which part of Meta.Space the host holds, as ranges from first to last, both included, in one slice:
// first, last, first, last, … The slice must not be changed afterwards. Whoever never calls it holds nothing.
func (f *Facts) Share(ranges []int) { f.shared, f.share = true, ranges }

func (f *Facts) reset() { *f = Facts{facts: f.facts[:0]} }
