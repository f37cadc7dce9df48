;; What convolutions and max pools are made of. Addresses are bytes, numbers f32.
(module
  (import "engine" "memory" (memory 1))
  ;; The matrix product that every convolution is: out = clamp(start + weights · pixels).
  ;; A tile of 4 rows × 8 columns stays in registers while k runs.
  ;;
  ;;   weights  [tiles][1 + k][4]   of each tile of 4 rows first where its sums start, the biases
  ;;   pixels   [blocks][k][8]
  ;;   out      [4 · tiles] rows of `stride` bytes, of which 8 · blocks numbers are written
  ;;
  ;; The clamp is the ReLU: floor and ceiling may be infinite.
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
  ;; Copy windows into columns: pixels [blocks][k][8] from numbers at `from` + place + tap.
  ;;
  ;;   places   [blocks][8] integers, taps [k] integers: both count numbers
  (func (export "columns")
    (param $from i32) (param $places i32) (param $taps i32) (param $pixel i32)
    (param $blocks i32) (param $k i32)
    (local $tap i32) (local $end i32) (local $at i32)
    (local $a i32) (local $b i32) (local $c i32) (local $d i32)
    (local $e i32) (local $f i32) (local $g i32) (local $h i32)
    (local.set $end (i32.add (local.get $taps) (i32.shl (local.get $k) (i32.const 2))))
    (loop $each_block
      (local.set $a (i32.add (local.get $from) (i32.shl (i32.load (local.get $places)) (i32.const 2))))
      (local.set $b (i32.add (local.get $from) (i32.shl (i32.load offset=4 (local.get $places)) (i32.const 2))))
      (local.set $c (i32.add (local.get $from) (i32.shl (i32.load offset=8 (local.get $places)) (i32.const 2))))
      (local.set $d (i32.add (local.get $from) (i32.shl (i32.load offset=12 (local.get $places)) (i32.const 2))))
      (local.set $e (i32.add (local.get $from) (i32.shl (i32.load offset=16 (local.get $places)) (i32.const 2))))
      (local.set $f (i32.add (local.get $from) (i32.shl (i32.load offset=20 (local.get $places)) (i32.const 2))))
      (local.set $g (i32.add (local.get $from) (i32.shl (i32.load offset=24 (local.get $places)) (i32.const 2))))
      (local.set $h (i32.add (local.get $from) (i32.shl (i32.load offset=28 (local.get $places)) (i32.const 2))))
      (local.set $tap (local.get $taps))
      (loop $each_tap
        (local.set $at (i32.shl (i32.load (local.get $tap)) (i32.const 2)))
        (f32.store (local.get $pixel) (f32.load (i32.add (local.get $at) (local.get $a))))
        (f32.store offset=4 (local.get $pixel) (f32.load (i32.add (local.get $at) (local.get $b))))
        (f32.store offset=8 (local.get $pixel) (f32.load (i32.add (local.get $at) (local.get $c))))
        (f32.store offset=12 (local.get $pixel) (f32.load (i32.add (local.get $at) (local.get $d))))
        (f32.store offset=16 (local.get $pixel) (f32.load (i32.add (local.get $at) (local.get $e))))
        (f32.store offset=20 (local.get $pixel) (f32.load (i32.add (local.get $at) (local.get $f))))
        (f32.store offset=24 (local.get $pixel) (f32.load (i32.add (local.get $at) (local.get $g))))
        (f32.store offset=28 (local.get $pixel) (f32.load (i32.add (local.get $at) (local.get $h))))
        (local.set $pixel (i32.add (local.get $pixel) (i32.const 32)))
        (br_if $each_tap
          (i32.lt_u
            (local.tee $tap (i32.add (local.get $tap) (i32.const 4)))
            (local.get $end))))
      (local.set $places (i32.add (local.get $places) (i32.const 32)))
      (br_if $each_block (local.tee $blocks (i32.sub (local.get $blocks) (i32.const 1))))))
  ;; The largest of each column of pixels [blocks][k][8]: out [blocks][8], and which of the k it is,
  ;; the first where several tie, as a number, in which [blocks][8].
  (func (export "largest")
    (param $pixel i32) (param $out i32) (param $which i32) (param $blocks i32) (param $k i32)
    (local $tap i32) (local $number v128) (local $mask v128) (local $one v128)
    (local $left v128) (local $right v128) (local $a v128) (local $b v128)
    (loop $each_block
      (local.set $left (local.tee $right (f32x4.splat (f32.const -inf))))
      (local.set $a (local.tee $b (local.tee $number (v128.const f32x4 0 0 0 0))))
      (local.set $tap (local.get $k))
      (loop $each_tap
        (local.set $one (v128.load (local.get $pixel)))
        (local.set $mask (f32x4.gt (local.get $one) (local.get $left)))
        (local.set $left (v128.bitselect (local.get $one) (local.get $left) (local.get $mask)))
        (local.set $a (v128.bitselect (local.get $number) (local.get $a) (local.get $mask)))
        (local.set $one (v128.load offset=16 (local.get $pixel)))
        (local.set $mask (f32x4.gt (local.get $one) (local.get $right)))
        (local.set $right (v128.bitselect (local.get $one) (local.get $right) (local.get $mask)))
        (local.set $b (v128.bitselect (local.get $number) (local.get $b) (local.get $mask)))
        (local.set $number (f32x4.add (local.get $number) (f32x4.splat (f32.const 1))))
        (local.set $pixel (i32.add (local.get $pixel) (i32.const 32)))
        (br_if $each_tap (local.tee $tap (i32.sub (local.get $tap) (i32.const 1)))))
      (v128.store (local.get $out) (local.get $left))
      (v128.store offset=16 (local.get $out) (local.get $right))
      (v128.store (local.get $which) (local.get $a))
      (v128.store offset=16 (local.get $which) (local.get $b))
      (local.set $out (i32.add (local.get $out) (i32.const 32)))
      (local.set $which (i32.add (local.get $which) (i32.const 32)))
      (br_if $each_block (local.tee $blocks (i32.sub (local.get $blocks) (i32.const 1))))))
  (func $store
    (param $to i32) (param $left v128) (param $right v128) (param $low v128) (param $high v128)
    (v128.store (local.get $to)
      (f32x4.pmin (f32x4.pmax (local.get $left) (local.get $low)) (local.get $high)))
    (v128.store offset=16 (local.get $to)
      (f32x4.pmin (f32x4.pmax (local.get $right) (local.get $low)) (local.get $high)))))
