//! The faults of one body, as many as are listed.

use std::cell::RefCell;

use domain::Violation;

use crate::problem::MOST_VIOLATIONS;

/// Adds a fault to those of one body. One more than is listed tells that there are more; without a bound, a body of
/// nothing but faults would cost hundreds of times its size.
pub(super) fn note(faults: &RefCell<Vec<Violation>>, fault: impl FnOnce() -> Violation) {
    if faults.borrow().len() <= MOST_VIOLATIONS {
        let fault = fault();
        faults.borrow_mut().push(fault);
    }
}
