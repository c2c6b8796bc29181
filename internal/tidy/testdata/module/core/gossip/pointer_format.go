package gossip

import "fmt"

func address(l *load) string {
	return fmt.Sprintf("%p", l) // want pointer-format
}

func addressWide(l *load) string {
	return fmt.Sprintf("load %#16p", l) // want pointer-format
}

func percent(n int) string { return fmt.Sprintf("%d%%percent of 5% people", n) }
