;; The matrix product that every convolution is: out = clamp(start + weights · pixels).
;; A tile of 4 rows × 8 columns stays in registers while k runs.
;;
;;   weights  [tiles][1 + k][4]   of each tile of 4 rows first where its sums start, the biases
;;   pixels   [blocks][k][8]
;;   out      [4 · tiles] rows of `stride` bytes, of which 8 · blocks numbers are written
;;
;; Addresses are bytes, numbers f32. The clamp is the ReLU: floor and ceiling may be infinite.
(module
  (import "engine" "memory" (memory 1))
  (func (export "multiply")
    (param $weights i32) (param $pixels i32) (param $out i32)
    (param $tiles i32) (param $blocks i32) (param $k i32) (param $stride i32)
    (param $floor f32) (param $ceiling f32)
    (local $pixel i32) (local $weight i32) (local $end i32) (local $to i32) (local $block i32)
    (local $left v128) (local $right v128) (local $one v128) (local $low v128) (local $high v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local $e v128) (local $f v128) (local $g v128) (local $h v128)
    (local.set $low (f32x4.splat (local.get $floor)))
    (local.set $high (f32x4.splat (local.get $ceiling)))
    (loop $each_tile
      (local.set $pixel (local.get $pixels))
      (local.set $to (local.get $out))
      (local.set $block (local.get $blocks))
      (local.set $end
        (i32.add (local.get $weights)
          (i32.shl (i32.add (local.get $k) (i32.const 1)) (i32.const 4))))
      (loop $each_block
        (local.set $a (local.tee $e (v128.load32_splat (local.get $weights))))
        (local.set $b (local.tee $f (v128.load32_splat offset=4 (local.get $weights))))
        (local.set $c (local.tee $g (v128.load32_splat offset=8 (local.get $weights))))
        (local.set $d (local.tee $h (v128.load32_splat offset=12 (local.get $weights))))
        (local.set $weight (i32.add (local.get $weights) (i32.const 16)))
        (loop $each_k
          (local.set $left (v128.load (local.get $pixel)))
          (local.set $right (v128.load offset=16 (local.get $pixel)))
          (local.set $one (v128.load32_splat (local.get $weight)))
          (local.set $a (f32x4.add (local.get $a) (f32x4.mul (local.get $one) (local.get $left))))
          (local.set $e (f32x4.add (local.get $e) (f32x4.mul (local.get $one) (local.get $right))))
          (local.set $one (v128.load32_splat offset=4 (local.get $weight)))
          (local.set $b (f32x4.add (local.get $b) (f32x4.mul (local.get $one) (local.get $left))))
          (local.set $f (f32x4.add (local.get $f) (f32x4.mul (local.get $one) (local.get $right))))
          (local.set $one (v128.load32_splat offset=8 (local.get $weight)))
          (local.set $c (f32x4.add (local.get $c) (f32x4.mul (local.get $one) (local.get $left))))
          (local.set $g (f32x4.add (local.get $g) (f32x4.mul (local.get $one) (local.get $right))))
          (local.set $one (v128.load32_splat offset=12 (local.get $weight)))
          (local.set $d (f32x4.add (local.get $d) (f32x4.mul (local.get $one) (local.get $left))))
          (local.set $h (f32x4.add (local.get $h) (f32x4.mul (local.get $one) (local.get $right))))
          (local.set $pixel (i32.add (local.get $pixel) (i32.const 32)))
          (br_if $each_k
            (i32.lt_u
              (local.tee $weight (i32.add (local.get $weight) (i32.const 16)))
              (local.get $end))))
        (call $store (local.get $to) (local.get $a) (local.get $e) (local.get $low) (local.get $high))
        (local.set $weight (i32.add (local.get $to) (local.get $stride)))
        (call $store (local.get $weight) (local.get $b) (local.get $f) (local.get $low) (local.get $high))
        (local.set $weight (i32.add (local.get $weight) (local.get $stride)))
        (call $store (local.get $weight) (local.get $c) (local.get $g) (local.get $low) (local.get $high))
        (local.set $weight (i32.add (local.get $weight) (local.get $stride)))
        (call $store (local.get $weight) (local.get $d) (local.get $h) (local.get $low) (local.get $high))
        (local.set $to (i32.add (local.get $to) (i32.const 32)))
        (br_if $each_block (local.tee $block (i32.sub (local.get $block) (i32.const 1)))))
      (local.set $weights (local.get $end))
      (local.set $out (i32.add (local.get $out) (i32.shl (local.get $stride) (i32.const 2))))
      (br_if $each_tile (local.tee $tiles (i32.sub (local.get $tiles) (i32.const 1))))))
  (func $store
    (param $to i32) (param $left v128) (param $right v128) (param $low v128) (param $high v128)
    (v128.store (local.get $to)
      (f32x4.pmin (f32x4.pmax (local.get $left) (local.get $low)) (local.get $high)))
    (v128.store offset=16 (local.get $to)
      (f32x4.pmin (f32x4.pmax (local.get $right) (local.get $low)) (local.get $high)))))
