package gossip

func marks(m map[int]int) {
	// want+2 mark

	//unordered:
	for range m {
	}

	// want+2 mark

	//unordered: harmless
	for range m {
	}

	// want+2 mark

	//unordered: a slice has an order, so this excuses nothing
	for range []int{1} {
	}

	// want+2 mark

	//float: of the wrong kind for what follows
	for range m { // want map-order
	}
}
