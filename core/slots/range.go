package slots

import (
	"fmt"
	"strconv"
	"strings"
)

// Range is the slots from First to Last, both included.
type Range struct {
	First Slot
	Last  Slot // Invariant: First <= Last < Count.
}

// Valid reports whether r keeps its invariant.
func (r Range) Valid() bool { return r.First <= r.Last && r.Last.Valid() }

// Len returns the number of slots in r.
func (r Range) Len() int { return int(r.Last) - int(r.First) + 1 }

// Append appends r as CLUSTER NODES shows it: "5-10", or "7" for a single slot.
func (r Range) Append(dst []byte) []byte {
	dst = strconv.AppendUint(dst, uint64(r.First), 10)
	if r.Last == r.First {
		return dst
	}
	dst = append(dst, '-')
	return strconv.AppendUint(dst, uint64(r.Last), 10)
}

// String returns "5-10", or "7" for a single slot.
func (r Range) String() string { return string(r.Append(nil)) }

// ParseError tells why a text is no slot, no range or no set.
type ParseError struct {
	Text   string // the word that was not understood
	Reason string
}

func (e *ParseError) Error() string { return fmt.Sprintf("slots: %q %s", e.Text, e.Reason) }

// Parse reads the decimal number of a slot. Signs, spaces and leading zeros are errors, as is a number from Count on.
// The error is a *ParseError.
func Parse(text string) (Slot, error) {
	switch {
	case text == "":
		return 0, &ParseError{Text: text, Reason: "is empty where a slot is wanted"}
	case len(text) > 1 && text[0] == '0':
		return 0, &ParseError{Text: text, Reason: "has a leading zero"}
	}
	number := 0
	for _, digit := range []byte(text) {
		if digit < '0' || digit > '9' {
			return 0, &ParseError{Text: text, Reason: "is not a decimal slot number"}
		}
		// Held at Count, a long text can't overflow; what follows is still looked at.
		number = min(number*10+int(digit-'0'), Count)
	}
	if number == Count {
		return 0, &ParseError{Text: text, Reason: "is beyond the last slot, 16383"}
	}
	return Slot(number), nil
}

// ParseRange reads what String writes, and "7-7" for "7". The error is a *ParseError.
func ParseRange(text string) (Range, error) {
	firstText, lastText, dashed := strings.Cut(text, "-")
	first, err := Parse(firstText)
	if err != nil {
		return Range{}, err
	}
	if !dashed {
		return Range{First: first, Last: first}, nil
	}
	last, err := Parse(lastText)
	if err != nil {
		return Range{}, err
	}
	if last < first {
		return Range{}, &ParseError{Text: text, Reason: "ends before it starts"}
	}
	return Range{First: first, Last: last}, nil
}
