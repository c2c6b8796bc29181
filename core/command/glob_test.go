package command

import (
	"testing"

	"pgregory.net/rapid"
)

// naiveGlob follows the definition: a star tries every length.
func naiveGlob(pattern, text string) bool {
	switch {
	case text == "":
		for pattern != "" && pattern[0] == '*' {
			pattern = pattern[1:]
		}
		return pattern == ""
	case pattern == "":
		return false
	case pattern[0] == '*':
		return naiveGlob(pattern[1:], text) || naiveGlob(pattern, text[1:])
	}
	size, ok := naiveElement(pattern, text[0])
	return ok && naiveGlob(pattern[size:], text[1:])
}

// naiveElement reads the set of bytes that an element stands for, all 256 of them.
func naiveElement(pattern string, c byte) (size int, ok bool) {
	if pattern[0] == '\\' && len(pattern) > 1 {
		return 2, pattern[1] == c
	}
	if pattern[0] != '[' {
		return 1, pattern[0] == '?' || pattern[0] == c
	}
	var set [256]bool
	at := 1
	negated := at < len(pattern) && pattern[at] == '^'
	if negated {
		at++
	}
	for at < len(pattern) && pattern[at] != ']' {
		if pattern[at] == '\\' && at+1 < len(pattern) {
			set[pattern[at+1]] = true
			at += 2
			continue
		}
		if at+2 < len(pattern) && pattern[at+1] == '-' {
			for b := int(min(pattern[at], pattern[at+2])); b <= int(max(pattern[at], pattern[at+2])); b++ {
				set[b] = true
			}
			at += 3
			continue
		}
		set[pattern[at]] = true
		at++
	}
	if at < len(pattern) {
		at++
	}
	return at, set[c] != negated
}

func TestGlobAgreesWithItsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(rapid.SampledFrom([]rune(`abc*?[]^-\*`)), 0, 10, -1).Draw(t, "pattern")
		text := rapid.StringOfN(rapid.SampledFrom([]rune(`abc]-^*\`)), 1, 6, -1).Draw(t, "text")
		if got, want := globMatch([]byte(pattern), []byte(text), false), naiveGlob(pattern, text); got != want {
			t.Fatalf("%q matches %q: %t, want %t", pattern, text, got, want)
		}
	})
}

func TestGlobIgnoresCase(t *testing.T) {
	for pattern, want := range map[string]bool{
		"MAXMEMORY": true, "maxM*": true, "[A-M]axmemory": true, "[^M]axmemory": false, "\\MAXMEMORY": true,
		"[\\M]axmemory": false, "MAXMEMORX": false,
	} {
		if got := globMatch([]byte(pattern), []byte("maxmemory"), true); got != want {
			t.Errorf("%q: %t, want %t", pattern, got, want)
		}
	}
}

// Stars that match nothing must not multiply the time: Redis once took exponential time for such patterns
// (CVE-2022-36021).
func TestGlobTakesPolynomialTime(t *testing.T) {
	pattern, text := make([]byte, 0, 400), make([]byte, 2000)
	for range 200 {
		pattern = append(pattern, "*a"...)
	}
	for i := range text {
		text[i] = 'a'
	}
	if globMatch(append(pattern, 'b'), text, false) {
		t.Error("matched a text without a b")
	}
}
