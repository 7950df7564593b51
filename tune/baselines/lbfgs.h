// lbfgs.h: the minimum of a smooth function: limited-memory BFGS (Nocedal and Wright, algorithm 7.4) of ten steps' memory, with a line search that
// ends at the weak Wolfe conditions (Lewis and Overton 2013, section 3).
#pragma once

#include <Eigen/Core>
#include <functional>

namespace lehr {

/// Writes the gradient, returns the value.
using Smooth = std::function<double(const Eigen::VectorXd& x, Eigen::VectorXd& gradient)>;

/// Until no entry of the gradient is above `tol`, or no step goes down any more.
Eigen::VectorXd minimize(const Smooth& f, Eigen::VectorXd x, double tol, int max_iter);

}  // namespace lehr
