package main

import (
	"fmt"
	"slices"
	"strings"
)

// describeFaults lists the faults that began, the most frequent kind first.
func describeFaults(faults map[string]int64) string {
	kinds := make([]string, 0, len(faults))
	for kind, count := range faults {
		if count > 0 {
			kinds = append(kinds, kind)
		}
	}
	slices.SortFunc(kinds, func(a, b string) int {
		if faults[a] != faults[b] {
			return int(faults[b] - faults[a])
		}
		return strings.Compare(a, b)
	})
	for i, kind := range kinds {
		kinds[i] = fmt.Sprintf("%d × %s", faults[kind], kind)
	}
	if len(kinds) == 0 {
		return "none"
	}
	return strings.Join(kinds, ", ")
}
