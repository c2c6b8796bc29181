package slots

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// Slots as redis-server 7.0.15 answers them to CLUSTER KEYSLOT.
func TestSlotsAreThoseOfRedis(t *testing.T) {
	for key, want := range map[string]Slot{
		"":                      0,
		"foo":                   12182,
		"bar":                   5061,
		"hello":                 866,
		"123456789":             12739,
		"{user1000}.following":  3443,
		"{user1000}.followers":  3443,
		"user1000":              3443,
		"foo{}{bar}":            8363,
		"foo{{bar}}zap":         4015,
		"{bar":                  4015,
		"foo{bar}{zap}":         5061,
		"\x00\xff binary\r\n{x": 3683,
		"{}":                    15257,
		"{}x{y}":                2166,
		"}{a}":                  15495,
	} {
		if got := Of([]byte(key)); got != want {
			t.Errorf("slot of %q = %d, want %d", key, got, want)
		}
	}
}

func TestHashTagEdges(t *testing.T) {
	for key, want := range map[string]string{
		"":           "",
		"plain":      "plain",
		"{":          "{",
		"}":          "}",
		"{}":         "{}",
		"{}x":        "{}x",
		"{}{tag}":    "{}{tag}", // the first pair is empty: the whole key, not the second pair
		"{tag}":      "tag",
		"a{tag}b":    "tag",
		"a{tag":      "a{tag",  // never closed
		"a}tag{":     "a}tag{", // closed only before it opens
		"}a{tag}":    "tag",
		"{tag}}":     "tag",
		"{{tag}}":    "{tag", // the inner brace belongs to the tag
		"{one}{two}": "one",
		"{one{two}":  "one{two",
		"{\x00}":     "\x00",
		"x{ }y":      " ",
		"{}}":        "{}}", // the first '}' behind the '{' leaves nothing between
	} {
		if got := string(HashTag([]byte(key))); got != want {
			t.Errorf("hash tag of %q = %q, want %q", key, got, want)
		}
	}
}

// naiveHashTag follows the specification word by word.
func naiveHashTag(key []byte) []byte {
	for open := 0; open < len(key); open++ {
		if key[open] != '{' {
			continue
		}
		for end := open + 1; end < len(key); end++ {
			if key[end] == '}' {
				if end == open+1 {
					return key
				}
				return key[open+1 : end]
			}
		}
		return key
	}
	return key
}

func TestHashTagAgreesWithTheSpecification(t *testing.T) {
	// Few letters, so that braces meet in every way.
	letters := rapid.SliceOf(rapid.SampledFrom([]byte("{}ab")))
	rapid.Check(t, func(t *rapid.T) {
		key := letters.Draw(t, "key")
		if got, want := HashTag(key), naiveHashTag(key); !bytes.Equal(got, want) {
			t.Fatalf("%q, want %q", got, want)
		}
	})
}

func FuzzOf(f *testing.F) {
	for _, seed := range []string{"", "foo", "{a}b", "{}{a}", "{{a}}", "}{"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, key []byte) {
		slot := Of(key)
		if !slot.Valid() {
			t.Fatalf("slot %d", slot)
		}
		if tagged := Of(append(append([]byte("{"), naiveHashTag(key)...), "}tail"...)); tagged != slot &&
			len(naiveHashTag(key)) > 0 && !bytes.ContainsRune(naiveHashTag(key), '}') {
			t.Fatalf("slot %d, but %d when its tag is written in braces", slot, tagged)
		}
	})
}
