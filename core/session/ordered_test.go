package session

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// An ordered does what a plain list of pairs does.
func TestOrderedAgreesWithAList(t *testing.T) {
	type pair struct{ key, value int }
	rapid.Check(t, func(rt *rapid.T) {
		var o ordered[int, int]
		var list []pair
		for range rapid.IntRange(0, 300).Draw(rt, "steps") {
			key := rapid.IntRange(0, 40).Draw(rt, "key")
			at := slices.IndexFunc(list, func(p pair) bool { return p.key == key })
			switch rapid.IntRange(0, 2).Draw(rt, "action") {
			case 0:
				value := rapid.Int().Draw(rt, "value")
				o.put(key, value)
				if at < 0 {
					list = append(list, pair{key, value})
				} else {
					list[at].value = value
				}
			case 1:
				if o.remove(key) != (at >= 0) {
					rt.Fatalf("remove of %d", key)
				}
				if at >= 0 {
					list = slices.Delete(list, at, at+1)
				}
			case 2:
				if value, ok := o.get(key); ok != (at >= 0) || ok && value != list[at].value || ok != o.has(key) {
					rt.Fatalf("get of %d: %d, %t", key, value, ok)
				}
			}
			var walked []pair
			for key, value := range o.all() {
				walked = append(walked, pair{key, value})
			}
			oldest, _, any := o.oldest()
			if !slices.Equal(walked, list) || o.len() != len(list) || any != (len(list) > 0) || any && oldest != list[0].key {
				rt.Fatalf("%v, want %v", walked, list)
			}
			if len(o.entries) > 2*len(list)+slack+1 {
				rt.Fatalf("%d entries for %d keys", len(o.entries), len(list))
			}
		}
	})
}
