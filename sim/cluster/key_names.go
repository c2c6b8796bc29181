package cluster

import "strconv"

// keyNames are the names of the keys of a workload. Each is put together once: there are few keys, and many operations.
type keyNames struct {
	strings, counters, bits, crowd numbered
	tags                           []*tag
}

func newKeyNames() *keyNames {
	return &keyNames{
		strings: numbered{prefix: "s"}, counters: numbered{prefix: "n"}, bits: numbered{prefix: "b"}, crowd: numbered{prefix: "{crowd}"},
	}
}

// numbered are names that differ in a number.
type numbered struct {
	prefix string
	names  []string // by number
}

func (n *numbered) name(number int) string {
	for len(n.names) <= number {
		n.names = append(n.names, n.prefix+strconv.Itoa(len(n.names)))
	}
	return n.names[number]
}

// tag is a hash tag, of which there are three keys, in the order of their suffixes.
type tag [3]string

var tagSuffixes = []string{"a", "b", "c"}

func (k *keyNames) tag(number int) *tag {
	for len(k.tags) <= number {
		t := &tag{}
		for i, suffix := range tagSuffixes {
			t[i] = "{t" + strconv.Itoa(len(k.tags)) + "}" + suffix
		}
		k.tags = append(k.tags, t)
	}
	return k.tags[number]
}

// key returns the key with a suffix.
func (t *tag) key(suffix string) string { return t[suffix[0]-tagSuffixes[0][0]] }
