package keyspace

import (
	"bytes"
	"errors"
	"testing"

	"github.com/ember-cluster/ember/core/slots"
	"github.com/ember-cluster/ember/core/wire"
)

// examples is an effect of each kind.
var examples = []Effect{
	set("key", "value", 0),
	set("", "", 1),
	set("{tag}x", "12", 1<<62),
	{Kind: Append, Slot: slots.Of([]byte("key")), Key: []byte("key"), Value: []byte("more")},
	{Kind: Delete, Slot: slots.Of([]byte("key")), Key: []byte("key")},
	{Kind: ExpireAt, Slot: slots.Of([]byte("key")), Key: []byte("key"), ExpireAt: 1234},
	{Kind: Persist, Slot: slots.Of([]byte("key")), Key: []byte("key")},
	{Kind: FlushSlot, Slot: 16383},
	{Kind: FlushAll},
	{Kind: Overwrite, Slot: slots.Of([]byte("key")), Key: []byte("key"), Value: []byte("over"), Offset: 300},
}

// The log on disk holds these bytes.
func TestEffectBytesArePinned(t *testing.T) {
	for i, want := range []string{
		"\x01\x03key\x05value\x00",
		"\x01\x00\x00\x01",
		"\x01\x06{tag}x\x0212\x80\x80\x80\x80\x80\x80\x80\x80\x40",
		"\x02\x03key\x04more",
		"\x03\x03key",
		"\x04\x03key\xd2\x09",
		"\x05\x03key",
		"\x06\x3f\xff",
		"\x07",
		"\x08\x03key\x04over\xac\x02",
	} {
		if got := examples[i].Append(nil); string(got) != want {
			t.Errorf("%v: %q, want %q", examples[i], got, want)
		}
	}
}

func TestEffectsReadWell(t *testing.T) {
	for i, want := range []string{
		`set "key" "value"`, `set "" "" at 1`, `set "{tag}x" "12" at 4611686018427387904`, `append "key" "more"`,
		`delete "key"`, `expire "key" at 1234`, `persist "key"`, "flush slot 16383", "flush all",
		`overwrite "key" "over" from 300`,
	} {
		if got := examples[i].String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestDecodeEffectRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		data string
		kind wire.ErrorKind
	}{
		"nothing":              {"", wire.Truncated},
		"kind 0":               {"\x00", wire.Malformed},
		"kind 9":               {"\x09", wire.Malformed},
		"no key":               {"\x03", wire.Truncated},
		"key cut":              {"\x03\x05key", wire.Truncated},
		"key too long":         {"\x03\x81\x80\x80\x80\x02", wire.TooLarge},
		"no value":             {"\x02\x03key", wire.Truncated},
		"no expiry":            {"\x01\x00\x00", wire.Truncated},
		"never expiring":       {"\x04\x00\x00", wire.Malformed},
		"negative expiry":      {"\x04\x00\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", wire.Malformed},
		"slot 16384":           {"\x06\x40\x00", wire.Malformed},
		"no offset":            {"\x08\x03key\x04over", wire.Truncated},
		"string too long":      {"\x08\x03key\x04over\xfd\xff\xff\xff\x01", wire.TooLarge},
		"long form of a count": {"\x03\x80\x00", wire.Malformed},
	} {
		e, size, err := DecodeEffect([]byte(c.data))
		var wireError *wire.Error
		if !errors.As(err, &wireError) || wireError.Kind != c.kind || size != 0 || e.Kind != 0 {
			t.Errorf("%s: %v, %d, %v; want %v", name, e, size, err, c.kind)
		}
	}
}

// FuzzDecodeEffect decodes any bytes as a log. What decodes has exactly one binary form, and can be applied.
func FuzzDecodeEffect(f *testing.F) {
	var log []byte
	for _, e := range examples {
		f.Add(e.Append(nil))
		log = e.Append(log)
	}
	f.Add(log)
	f.Fuzz(func(t *testing.T, data []byte) {
		s := New(1)
		for len(data) > 0 {
			e, size, err := DecodeEffect(data)
			if err != nil {
				var wireError *wire.Error
				if !errors.As(err, &wireError) {
					t.Fatalf("an error of type %T: %v", err, err)
				}
				break
			}
			if again := e.Append(nil); !bytes.Equal(again, data[:size]) {
				t.Fatalf("%q decodes as %v, which encodes as %q", data[:size], e, again)
			}
			if e.Offset <= 1<<20 { // a larger one is as good, and takes the fuzzer's time
				s.Apply(e)
			}
			data = data[size:]
		}
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
	})
}
