package view

import (
	"testing"

	"pgregory.net/rapid"
)

// A read is joined with exactly those writes of which it has got a byte.
func TestReadsAreJoinedWithTheirWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var f flow
		r := NewRecorder()
		var sent []int // by byte: the record that wrote it
		read := 0
		for record := range rapid.IntRange(1, 30).Draw(t, "records") {
			if length := rapid.IntRange(1, 5).Draw(t, "length"); read+length > len(sent) || rapid.Bool().Draw(t, "write") {
				for range length {
					sent = append(sent, record)
				}
				f.sent += length
				f.writes = append(f.writes, write{record, f.sent})
			} else {
				f.read(r, record, length)
				want := map[int]bool{}
				for _, writer := range sent[read : read+length] {
					want[writer] = true
				}
				messages := r.Take().Messages
				for i, from := range messages.From {
					if !want[from] || messages.To[i] != record {
						t.Fatalf("read %d of bytes of %v is joined with %d", record, want, from)
					}
					delete(want, from)
				}
				if len(want) > 0 {
					t.Fatalf("read %d is not joined with %v", record, want)
				}
				read += length
			}
		}
	})
}

func TestDatagramsAreJoinedByTheirBytes(t *testing.T) {
	p, way := newPairing(), link{from: 0, to: 1, port: 7}
	for record, text := range []string{"a", "b", "a", "longer"} {
		p.sent(way, record, []byte(text))
	}
	for _, step := range []struct {
		bytes string
		want  int
		ok    bool
		why   string
	}{
		{"b", 1, true, "overtakes"},
		{"a", 0, true, "the older of two"},
		{"a", 2, true, "the other"},
		{"b", 1, true, "a double"},
		{"lonGer", 3, true, "damaged, of the same length"},
		{"unknown", 0, false, "nobody sent that"},
	} {
		if got, ok := p.received(way, []byte(step.bytes)); got != step.want || ok != step.ok {
			t.Errorf("%q (%s) comes from %d, %v, want %d, %v", step.bytes, step.why, got, ok, step.want, step.ok)
		}
	}
}

func TestTheOldestDatagramsAreForgotten(t *testing.T) {
	p, way := newPairing(), link{from: 0, to: 1, port: 7}
	for record := range 10 * maxRemembered {
		p.sent(way, record, []byte{byte(record), byte(record >> 8)})
	}
	if n := len(p.datagrams[way]); n > maxRemembered {
		t.Errorf("%d datagrams are remembered", n)
	}
	last := 10*maxRemembered - 1
	if got, ok := p.received(way, []byte{byte(last), byte(last >> 8)}); got != last || !ok {
		t.Errorf("the last one comes from %d, %v", got, ok)
	}
}
