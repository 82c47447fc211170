//! Lists of the operator's, one page at a time.

use store::registry::Part;
use uuid::Uuid;

/// A page and one row more, which tells whether there is another page.
pub(crate) fn part(after: Option<Uuid>, limit: u32) -> Part {
    Part {
        after,
        most: Some(u64::from(limit) + 1),
    }
}

/// The page without that row, and the id behind which the next one begins.
pub(crate) fn cut<T, I>(mut found: Vec<T>, limit: u32, id: impl Fn(&T) -> I) -> (Vec<T>, Option<I>) {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let is_more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| is_more).map(id);
    (found, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_page_has_none_behind_it() {
        assert_eq!(cut(vec![1, 2, 3], 2, |it| *it), (vec![1, 2], Some(2)));
        assert_eq!(cut(vec![1, 2], 2, |it| *it), (vec![1, 2], None));
        assert_eq!(cut(Vec::<i32>::new(), 2, |it| *it), (vec![], None));
    }
}
