package wire

import (
	"bytes"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// field is one value that can be appended and read back.
type field struct {
	append func(dst []byte) []byte
	read   func(r *Reader) bool // reports whether the value came back
}

var anyField = rapid.Custom(func(t *rapid.T) field {
	number := rapid.Uint64().Draw(t, "number")
	text := rapid.SliceOf(rapid.Byte()).Draw(t, "text")
	id := NodeID(rapid.SliceOfN(rapid.Byte(), 20, 20).Draw(t, "id"))
	return []field{
		{func(dst []byte) []byte { return append(dst, byte(number)) },
			func(r *Reader) bool { return r.Uint8() == byte(number) }},
		{func(dst []byte) []byte { return AppendUint16(dst, uint16(number)) },
			func(r *Reader) bool { return r.Uint16() == uint16(number) }},
		{func(dst []byte) []byte { return AppendUint32(dst, uint32(number)) },
			func(r *Reader) bool { return r.Uint32() == uint32(number) }},
		{func(dst []byte) []byte { return AppendUint64(dst, number) },
			func(r *Reader) bool { return r.Uint64() == number }},
		{func(dst []byte) []byte { return AppendUvarint(dst, number) },
			func(r *Reader) bool { return r.Uvarint() == number }},
		{func(dst []byte) []byte { return AppendBool(dst, number%2 == 1) },
			func(r *Reader) bool { return r.Bool() == (number%2 == 1) }},
		{func(dst []byte) []byte { return AppendPrefixed(dst, text) },
			func(r *Reader) bool { return bytes.Equal(r.Prefixed(len(text)), text) }},
		{func(dst []byte) []byte { return append(dst, text...) },
			func(r *Reader) bool { return bytes.Equal(r.Bytes(len(text)), text) }},
		{func(dst []byte) []byte { return append(dst, id[:]...) },
			func(r *Reader) bool { return r.NodeID() == id }},
		{func(dst []byte) []byte { return append(dst, id[:16]...) },
			func(r *Reader) bool { return r.ClusterID() == ClusterID(id[:16]) }},
	}[rapid.IntRange(0, 9).Draw(t, "field")]
})

func TestReaderReadsWhatWasAppended(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fields := rapid.SliceOfN(anyField, 1, 20).Draw(t, "fields")
		var data []byte
		for _, f := range fields {
			data = f.append(data)
		}
		r := NewReader(data)
		for i, f := range fields {
			if !f.read(&r) {
				t.Fatalf("field %d came back as something else; error %v", i, r.Err())
			}
		}
		if err := r.Finish(); err != nil {
			t.Fatalf("at the end: %v", err)
		}
		if len(data) == 0 {
			return
		}
		// Cut short anywhere, the same reads end in an error.
		cut := NewReader(data[:rapid.IntRange(0, len(data)-1).Draw(t, "cut")])
		for _, f := range fields {
			f.read(&cut)
		}
		if kind := kindOf(t, cut.Finish()); kind != Truncated {
			t.Fatalf("cut short: %v", kind)
		}
		// One byte more, and it is seen.
		longer := NewReader(append(bytes.Clone(data), 0))
		for _, f := range fields {
			f.read(&longer)
		}
		if kind := kindOf(t, longer.Finish()); kind != Trailing {
			t.Fatalf("one byte more: %v", kind)
		}
	})
}

func TestReaderRefuses(t *testing.T) {
	wrapped := Error{Truncated, 9} // 2^61 elements of 8 bytes: 2^64
	if math.MaxInt == math.MaxInt32 {
		wrapped.Kind = TooLarge // more than an int can count
	}
	for name, test := range map[string]struct {
		data string
		read func(r *Reader)
		want Error
	}{
		"uvarint cut":            {"\x80", func(r *Reader) { r.Uvarint() }, Error{Truncated, 0}},
		"uvarint of 65 bits":     {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", func(r *Reader) { r.Uvarint() }, Error{Malformed, 0}},
		"uvarint of 11 bytes":    {"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", func(r *Reader) { r.Uvarint() }, Error{Malformed, 0}},
		"uvarint 1, padded":      {"\x81\x00", func(r *Reader) { r.Uvarint() }, Error{Malformed, 0}},
		"uvarint 0, padded":      {"\x80\x00", func(r *Reader) { r.Uvarint() }, Error{Malformed, 0}},
		"bool of 2":              {"\x02", func(r *Reader) { r.Bool() }, Error{Malformed, 1}},
		"negative length":        {"abc", func(r *Reader) { r.Bytes(-1) }, Error{Truncated, 0}},
		"prefix beyond its max":  {"\x03abc", func(r *Reader) { r.Prefixed(2) }, Error{TooLarge, 1}},
		"prefix of 2^63":         {"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", func(r *Reader) { r.Prefixed(math.MaxInt) }, Error{TooLarge, 10}},
		"prefix, negative max":   {"\x00", func(r *Reader) { r.Prefixed(-1) }, Error{TooLarge, 1}},
		"prefix beyond the end":  {"\x03ab", func(r *Reader) { r.Prefixed(10) }, Error{Truncated, 1}},
		"count beyond its max":   {"\x03abcdef", func(r *Reader) { r.Count(2, 1) }, Error{TooLarge, 1}},
		"count beyond the end":   {"\x03abcde", func(r *Reader) { r.Count(9, 2) }, Error{Truncated, 1}},
		"count times size wraps": {"\x80\x80\x80\x80\x80\x80\x80\x80\x20", func(r *Reader) { r.Count(math.MaxInt, 8) }, wrapped},
		"the first error stays":  {"\x02", func(r *Reader) { r.Bool(); r.Uint64(); r.Fail(TooLarge) }, Error{Malformed, 1}},
	} {
		r := NewReader([]byte(test.data))
		test.read(&r)
		if r.err == nil || *r.err != test.want {
			t.Errorf("%s: %v, want %v", name, r.Err(), &test.want)
		}
		if n := r.Len(); n != 0 {
			t.Errorf("%s: %d bytes left after an error", name, n)
		}
	}
}

func TestReaderCounts(t *testing.T) {
	r := NewReader([]byte("\x03abcdef"))
	if n := r.Count(3, 2); n != 3 || r.Err() != nil || r.Len() != 6 {
		t.Errorf("count %d, %v, %d bytes left", n, r.Err(), r.Len())
	}
	if err := r.Finish(); kindOf(t, err) != Trailing {
		t.Errorf("with bytes left: %v", err)
	}
}

// What is read must not be grown into what follows it.
func TestReadBytesHaveNoRoomToGrow(t *testing.T) {
	r := NewReader([]byte("ab\x02cd and more"))
	if b := r.Bytes(2); string(b) != "ab" || cap(b) != 2 {
		t.Errorf("%q, room for %d", b, cap(b))
	}
	if b := r.Prefixed(2); string(b) != "cd" || cap(b) != 2 {
		t.Errorf("%q, room for %d", b, cap(b))
	}
	e := example()
	data := append(e.Append(nil), "the next one"...)
	if opened, _, err := Open(data, 100); err != nil || cap(opened.Payload) != len(e.Payload) {
		t.Errorf("%q, room for %d, %v", opened.Payload, cap(opened.Payload), err)
	}
}

func TestUvarintSize(t *testing.T) {
	for shift := range 64 {
		for _, value := range []uint64{1<<shift - 1, 1 << shift, 1<<shift + 1} {
			if got, want := uvarintSize(value), len(AppendUvarint(nil, value)); got != want {
				t.Errorf("%#x: %d bytes, want %d", value, got, want)
			}
		}
	}
}

func TestErrorsReadWell(t *testing.T) {
	if got := (&Error{Kind: BadChecksum, Offset: 72}).Error(); got != "wire: bad checksum at byte 72" {
		t.Error(got)
	}
	seen := map[string]bool{}
	for kind := range ErrorKind(Kinds) {
		seen[kind.String()] = true
	}
	if len(seen) != Kinds || seen[""] {
		t.Errorf("names %v of %d kinds", seen, Kinds)
	}
	if got := ErrorKind(Kinds).String(); got != "unknown wire error 7" {
		t.Error(got)
	}
}

// The program's bytes choose the reads, the data's bytes are read. Nothing panics, nothing overruns, and an error is final.
func FuzzReader(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, []byte("some data to read from, long enough for all of it"))
	f.Add([]byte{4, 4, 4}, []byte("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"))
	f.Add([]byte{0x56, 0x77}, []byte("\x05abc"))
	f.Fuzz(func(t *testing.T, program, data []byte) {
		r := NewReader(data)
		for _, step := range program {
			before, failed := r.Len(), r.Err()
			bound := int(step >> 4)
			taken := 0
			switch step & 15 {
			case 0:
				r.Uint8()
			case 1:
				r.Uint16()
			case 2:
				r.Uint32()
			case 3:
				r.Uint64()
			case 4:
				r.Uvarint()
			case 5:
				taken = len(r.Prefixed(bound))
			case 6:
				taken = len(r.Bytes(bound - 1))
			case 7:
				if n := r.Count(bound, 2); n > bound || 2*n > r.Len() {
					t.Fatalf("count %d with %d bytes left", n, r.Len())
				}
			case 8:
				r.NodeID()
			case 9:
				r.ClusterID()
			default:
				r.Bool()
			}
			if r.Len() > before || taken > before || taken > 15 {
				t.Fatalf("step %#x: %d bytes left, then %d; %d taken", step, before, r.Len(), taken)
			}
			if failed != nil && r.Err() != failed {
				t.Fatalf("the error %v became %v", failed, r.Err())
			}
		}
		if err := r.Finish(); err != nil {
			kindOf(t, err)
		}
	})
}
