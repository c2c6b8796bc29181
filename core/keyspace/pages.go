package keyspace

// pageItems is how many items a page has.
const (
	pageShift = 12
	pageItems = 1 << pageShift
	// firstPageItems is what the first page begins with. Its growth is not left to append, so that it is the same everywhere.
	firstPageItems = 8
)

// pages is a sequence that grows and shrinks at its end a page at a time: unlike a slice's, its growth never copies more
// than a page, however long it is.
type pages[T any] struct {
	// Invariant: all pages but the last two are full; there is at most one empty page behind those in use.
	pages  [][]T
	length int
	// room is the number of items that there is memory for.
	room int
}

func (p *pages[T]) at(i int) *T { return &p.pages[i>>pageShift][i&(pageItems-1)] }

func (p *pages[T]) push(item T) {
	page := p.length >> pageShift
	if page == len(p.pages) {
		size := pageItems
		if page == 0 { // the first one grows, since most sequences are short
			size = firstPageItems
		}
		p.pages = append(p.pages, make([]T, 0, size))
		p.room += size
	}
	if full := p.pages[page]; len(full) == cap(full) {
		p.pages[page] = append(make([]T, 0, 2*cap(full)), full...)
		p.room += cap(full)
	}
	p.pages[page] = append(p.pages[page], item)
	p.length++
}

// pop removes the last item.
func (p *pages[T]) pop() {
	p.length--
	page, i := p.length>>pageShift, p.length&(pageItems-1)
	clear(p.pages[page][i:]) // what it points to must not be kept
	p.pages[page] = p.pages[page][:i]
	if page+2 < len(p.pages) {
		p.room -= cap(p.pages[page+2])
		p.pages[page+2] = nil
		p.pages = p.pages[:page+2]
	}
}
