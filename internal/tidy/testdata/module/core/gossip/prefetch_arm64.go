package gossip

func prefetch(m map[int]int) {
	for key := range m { // want map-order
		_ = m[key]
	}
}
