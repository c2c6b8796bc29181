package wire // want package-doc

type Public struct{ Field int } // this comment documents it

// want+2 exported-doc

type Bare struct{}

// Read is documented.
func (Bare) Read() {}

func (Bare) Write() {} // want exported-doc

func (*Bare) Error() string { return "" }

func (private) Write() {}

// Message tells what its methods mean.
type Message interface {
	// Size is in bytes.
	Size() int
}

func (Bare) Size() int { return 0 }

func Size() {} // want exported-doc

type private struct{}

func Open() {} // want exported-doc

// The group is documented.
const (
	First = iota
	Second
)

// want+3 exported-doc

const (
	Third = iota

	Fourth // each may have its own
	// Fifth has one.
	Fifth
)

// Kind has values that speak for themselves.
type Kind uint8

const (
	KindPing Kind = iota
	KindAck
)

// want+4 exported-doc
// want+4 exported-doc

const (
	KindMixed Kind   = 7
	KindOther string = "other"
)

func close() {}
