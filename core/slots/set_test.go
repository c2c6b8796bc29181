package slots

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// naiveSet is the dumb twin of Set.
type naiveSet [Count]bool

func (n *naiveSet) sorted() []Slot {
	var all []Slot
	for slot := Slot(0); slot < Count; slot++ {
		if n[slot] {
			all = append(all, slot)
		}
	}
	return all
}

func (n *naiveSet) String() string {
	var words []string
	all := n.sorted()
	for i := 0; i < len(all); {
		j := i
		for j+1 < len(all) && all[j+1] == all[j]+1 {
			j++
		}
		if i == j {
			words = append(words, fmt.Sprint(all[i]))
		} else {
			words = append(words, fmt.Sprintf("%d-%d", all[i], all[j]))
		}
		i = j + 1
	}
	return strings.Join(words, " ")
}

// Slots near the edges of words and of the bitmap come up often.
var anySlot = rapid.Custom(func(t *rapid.T) Slot {
	if rapid.Bool().Draw(t, "edge") {
		edge := rapid.SampledFrom([]int{0, 63, 64, 127, 128, 8191, 8192, Count - 64, Count - 1}).Draw(t, "at")
		return Slot(min(max(edge+rapid.IntRange(-1, 1).Draw(t, "beside"), 0), Count-1))
	}
	return Slot(rapid.IntRange(0, Count-1).Draw(t, "slot"))
})

var anyRange = rapid.Custom(func(t *rapid.T) Range {
	a, b := anySlot.Draw(t, "a"), anySlot.Draw(t, "b")
	return Range{First: min(a, b), Last: max(a, b)}
})

func drawSet(t *rapid.T, label string) (Set, *naiveSet) {
	var set Set
	naive := &naiveSet{}
	for range rapid.IntRange(0, 8).Draw(t, label+" steps") {
		r := anyRange.Draw(t, label)
		remove, single := rapid.IntRange(0, 3).Draw(t, "remove") == 0, rapid.Bool().Draw(t, "single")
		switch {
		case remove && single:
			set.Remove(r.First)
			naive[r.First] = false
		case single:
			set.Add(r.First)
			naive[r.First] = true
		default:
			if remove {
				set.RemoveRange(r)
			} else {
				set.AddRange(r)
			}
			for slot := r.First; slot <= r.Last; slot++ {
				naive[slot] = !remove
			}
		}
	}
	return set, naive
}

func members(set Set) []Slot {
	var all []Slot
	for slot, ok := set.Next(0); ok; slot, ok = set.Next(slot + 1) {
		all = append(all, slot)
	}
	return all
}

func TestSetAgreesWithANaiveOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set, naive := drawSet(t, "set")
		want := naive.sorted()
		if got := members(set); !slices.Equal(got, want) {
			t.Fatalf("Next visits %v, want %v", got, want)
		}
		if set.Len() != len(want) || set.Empty() != (len(want) == 0) {
			t.Fatalf("Len %d, Empty %v; want %d slots", set.Len(), set.Empty(), len(want))
		}
		if got := set.String(); got != naive.String() {
			t.Fatalf("text %q, want %q", got, naive.String())
		}
		probe := anySlot.Draw(t, "probe")
		if set.Contains(probe) != naive[probe] {
			t.Fatalf("Contains(%d) = %v", probe, set.Contains(probe))
		}
		parsed, err := ParseSet(set.String())
		if err != nil || parsed != set {
			t.Fatalf("parsed back: %v, %v", parsed, err)
		}
	})
}

func TestSetAlgebra(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, naiveA := drawSet(t, "a")
		b, naiveB := drawSet(t, "b")
		var union, both, difference naiveSet
		for slot := Slot(0); slot < Count; slot++ {
			union[slot] = naiveA[slot] || naiveB[slot]
			both[slot] = naiveA[slot] && naiveB[slot]
			difference[slot] = naiveA[slot] && !naiveB[slot]
		}
		if got := a.Union(b).String(); got != union.String() {
			t.Fatalf("union %q, want %q", got, union.String())
		}
		if got := a.Intersect(b).String(); got != both.String() {
			t.Fatalf("intersection %q, want %q", got, both.String())
		}
		if got := a.Subtract(b).String(); got != difference.String() {
			t.Fatalf("difference %q, want %q", got, difference.String())
		}
		if got := a.Overlaps(b); got != (both.String() != "") {
			t.Fatalf("overlaps %v, with %q in common", got, both.String())
		}
	})
}

func TestSetIsAValue(t *testing.T) {
	var set Set
	set.AddRange(Range{0, Count - 1})
	copied := set
	copied.Remove(5)
	if set.Len() != Count || copied.Len() != Count-1 || set == copied {
		t.Errorf("%d slots, %d in the copy", set.Len(), copied.Len())
	}
	set.Union(copied)
	set.Subtract(copied)
	if set.String() != "0-16383" {
		t.Errorf("the algebra changed its operand to %q", set)
	}
}

func TestSlotsBeyondTheLast(t *testing.T) {
	var set Set
	set.AddRange(Range{0, Count - 1})
	if set.Contains(Count) || set.Contains(65535) {
		t.Error("a slot beyond the last is in the set")
	}
	if slot, ok := set.Next(Count); ok {
		t.Errorf("Next found %d beyond the last slot", slot)
	}
	for name, change := range map[string]func(){
		"Add":                 func() { set.Add(Count) },
		"Remove":              func() { set.Remove(65535) },
		"AddRange":            func() { set.AddRange(Range{5, Count}) },
		"RemoveRange":         func() { set.RemoveRange(Range{Count, Count}) },
		"AddRange, backwards": func() { set.AddRange(Range{6, 5}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s did not panic", name)
				}
			}()
			change()
		}()
	}
}

func TestParseTellsWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"x":              `slots: "x" is not a decimal slot number`,
		"+5":             `slots: "+5" is not a decimal slot number`,
		"-5":             `slots: "" is empty where a slot is wanted`,
		"5-":             `slots: "" is empty where a slot is wanted`,
		"1-2-3":          `slots: "2-3" is not a decimal slot number`,
		" 5":             `slots: "" is empty where a slot is wanted`,
		"5 ":             `slots: "" is empty where a slot is wanted`,
		"5  6":           `slots: "" is empty where a slot is wanted`,
		"5\t6":           `slots: "5\t6" is not a decimal slot number`,
		"05":             `slots: "05" has a leading zero`,
		"16384":          `slots: "16384" is beyond the last slot, 16383`,
		"65536":          `slots: "65536" is beyond the last slot, 16383`,
		"99999999999999": `slots: "99999999999999" is beyond the last slot, 16383`,
		"10-5":           `slots: "10-5" ends before it starts`,
		"0-5 5":          `slots: "5" names slot 5 a second time`,
		"7 0-10":         `slots: "0-10" names slot 7 a second time`,
		"٣":              `slots: "٣" is not a decimal slot number`,
	} {
		set, err := ParseSet(text)
		var parseError *ParseError
		if !errors.As(err, &parseError) || err.Error() != want || !set.Empty() {
			t.Errorf("ParseSet(%q) = %v, %v; want %s", text, set, err, want)
		}
	}
}

func TestParseTakesAnyOrder(t *testing.T) {
	for text, want := range map[string]string{
		"":                "",
		"16383":           "16383",
		"0-16383":         "0-16383",
		"7-7":             "7",
		"6 5 4 0-3":       "0-6",
		"100-200 7 9 8-8": "7-9 100-200",
	} {
		if set, err := ParseSet(text); err != nil || set.String() != want {
			t.Errorf("ParseSet(%q) = %v, %v; want %q", text, set, err, want)
		}
	}
}

func FuzzParseSet(f *testing.F) {
	for _, seed := range []string{"", "0-5 7", "16383", "5-4", "1 1", "00", " "} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		set, err := ParseSet(text)
		if err != nil {
			return
		}
		if again, err := ParseSet(set.String()); err != nil || again != set {
			t.Fatalf("%q is the set %q, which is read as %v, %v", text, set, again, err)
		}
	})
}
